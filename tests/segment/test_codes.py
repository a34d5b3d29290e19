import pandas as pd
import pytest

from whobuys.segment import code_book, segment_code, split_code

CLASSES = pd.Series(["key", "key", "ordinary", "key", None, "ordinary"], index=list("abcdef"))
SUB = pd.Series(["web", "app", "app", None, None, "web"], index=list("abcdef"))


def test_codes_and_back():
    book = code_book(CLASSES, SUB)
    codes = segment_code(CLASSES, SUB, book=book)
    assert codes.fillna("").tolist() == ["K-02", "K-01", "O-01", "K-00", "", "O-02"]
    back = split_code(codes, book)
    assert back["class"].fillna("").tolist() == CLASSES.fillna("").tolist()
    assert back["sub_segment"].fillna("").tolist() == SUB.fillna("").tolist()
    assert codes.index.equals(CLASSES.index)


def test_numbers_stay_when_sub_segments_come_and_go():
    book = code_book(CLASSES, SUB)
    later = SUB.replace({"app": "a new one"})
    grown = code_book(CLASSES, later, book=book)
    assert grown.set_index("code")["sub_segment"].to_dict() == {
        "K-01": "app",
        "K-02": "web",
        "K-03": "a new one",
        "O-01": "app",
        "O-02": "web",
        "O-03": "a new one",
    }
    assert segment_code(CLASSES, later, book=book).tolist()[1] == "K-03"
    assert segment_code(CLASSES, SUB, book=grown).tolist()[1] == "K-01"


def test_row_order_does_not_matter_and_ordered_categories_do():
    shuffled = pd.DataFrame({"c": CLASSES, "s": SUB}).sample(frac=1, random_state=3)
    assert code_book(shuffled["c"], shuffled["s"]).equals(code_book(CLASSES, SUB))
    kind = pd.CategoricalDtype(["web", "phone", "app"], ordered=True)
    book = code_book(CLASSES, SUB.astype(kind))
    assert book["sub_segment"].tolist() == ["web", "app", "web", "app"]


def test_letters():
    classes = pd.Series(["key", "kin"])
    sub = pd.Series(["x", "x"])
    with pytest.raises(ValueError, match='"key" and "kin" would both be K'):
        code_book(classes, sub)
    book = code_book(classes, sub, letters={"kin": "KN"})
    assert book["code"].tolist() == ["K-01", "KN-01"]
    with pytest.raises(ValueError, match="cannot have the letters 'k1'"):
        code_book(classes, sub, letters={"key": "k1"})
    with pytest.raises(ValueError, match='Class "重要" cannot have'):
        code_book(pd.Series(["重要"]), pd.Series(["x"]))


def test_a_class_with_nobody_in_a_sub_segment():
    codes = segment_code(pd.Series(["key", "other"]), pd.Series([None, "x"], dtype="str"))
    assert codes.tolist() == ["K-00", "O-01"]


def test_errors():
    book = code_book(CLASSES, SUB)
    with pytest.raises(ValueError, match="does not have 1 code: K-09"):
        split_code(pd.Series(["K-09"]), book)
    with pytest.raises(ValueError, match="codes holds k3; a code looks like K-03"):
        split_code(pd.Series(["k3"]), book)
    with pytest.raises(ValueError, match="do not have the same index"):
        code_book(CLASSES, SUB.reset_index(drop=True))
    with pytest.raises(TypeError, match="classes must be a pandas Series"):
        code_book(["key"], SUB)
    with pytest.raises(ValueError, match="K-01 twice"):
        code_book(CLASSES, SUB, book=pd.concat([book, book.head(1)]))
    with pytest.raises(ValueError, match="book holds 3"):
        code_book(CLASSES, SUB, book=book.assign(code="3").head(1))
    many = pd.Series([f"s{i:03d}" for i in range(100)])
    with pytest.raises(ValueError, match="more than 99 sub-segments"):
        code_book(pd.Series(["key"] * 100), many)


def test_inputs_are_not_changed():
    book = code_book(CLASSES, SUB)
    before = book.copy(), CLASSES.copy()
    code_book(CLASSES, SUB.replace({"app": "b"}), book=book)
    pd.testing.assert_frame_equal(book, before[0])
    pd.testing.assert_series_equal(CLASSES, before[1])
