"""What an instructor reads when something they gave is wrong."""


class InstructorError(Exception):
    """Something the instructor can mend; the message says what, where and how."""


class MachineError(InstructorError):
    """The computer has run out of something, such as disk; whatever comes next would fail too."""
