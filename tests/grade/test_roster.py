import pytest

from whobuys._errors import InstructorError
from whobuys.grade import Student, read_roster


@pytest.fixture
def roster(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "roster.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


TWO = [Student("ana", "Ana Silva"), Student("b.o_2@x", "博 Lin")]


@pytest.mark.parametrize(
    "text",
    [
        "student,name\nana,Ana Silva\nb.o_2@x,博 Lin\n",
        "student;name\nana;Ana Silva\nb.o_2@x;博 Lin",
        "student\tname\nana\tAna Silva\nb.o_2@x\t博 Lin\n",
        "\ufeffstudent,name\r\nana,Ana Silva\r\nb.o_2@x,博 Lin\r\n",
        "student,name\rana,Ana Silva\rb.o_2@x,博 Lin\r",
        '"Student" , "Name"\n"ana","Ana Silva"\n b.o_2@x , 博 Lin \n',
        "\n\nname,STUDENT,group\nAna Silva,ana,1\n,,\n\n博 Lin,b.o_2@x\n,,\n",
    ],
)
def test_every_usual_way_to_save_a_roster(roster, text):
    assert read_roster(roster(text)) == TWO


def test_the_name_may_be_missing(roster):
    assert read_roster(roster("student\nana\n")) == [Student("ana", "ana")]
    assert read_roster(roster("student,name\nana,\n")) == [Student("ana", "ana")]


def test_a_quoted_name_keeps_its_comma_and_its_line_break(roster):
    people = read_roster(roster('student,name\nana,"Silva, Ana"\nbo,"Lin\nBo"\n'))
    assert [student.name for student in people] == ["Silva, Ana", "Lin\nBo"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,name\nana,A\n\nANA,B\n", ["line 4", "'ANA'", "twice"]),
        ("student,name\nana,A\n,B\n", ["line 3", "empty"]),
        ('student,name\nana,"A\nA"\n../x,B\n', ["line 4", "'../x'"]),
        ("student,name\nana,Silva, Ana\n", ["line 2", "3 fields", "quotes"]),
        ("id,name\nana,A\n", ["no column `student`", "id, name", "student,name"]),
        ("student,name\n", ["lists no students"]),
        ("", ["empty", "student,name"]),
        (" \n\n", ["empty"]),
        ("student,name\nana,Zo\xeb\n".encode("cp1252"), ["not UTF-8", "CSV UTF-8"]),
        ("student,name\nana,A\n".encode("utf-16"), ["not UTF-8"]),
        ("student,name\nana," + "x" * 200_000, ["line 2", "field larger"]),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(roster, text, words):
    path = roster(text)
    with pytest.raises(InstructorError) as caught:
        read_roster(path)
    for part in [str(path), *words]:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "id",
    [
        "..",
        ".x",
        "-x",
        "a/b",
        "a\\b",
        "a b",
        "é",
        "con",
        "NUL.txt",
        "com1",
        "x.",
        "x" * 65,
        "a\x00b",
    ],
)
def test_an_id_that_is_no_safe_folder_name_is_refused(roster, id):
    with pytest.raises(InstructorError, match="cannot be a student id"):
        read_roster(roster(f'student\n"{id}"\n'))


def test_a_roster_that_is_not_there_or_a_folder(tmp_path):
    with pytest.raises(InstructorError, match="no roster at"):
        read_roster(tmp_path / "nothing.csv")
    with pytest.raises(InstructorError, match="cannot be read"):
        read_roster(tmp_path)
