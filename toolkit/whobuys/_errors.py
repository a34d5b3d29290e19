"""What an instructor reads when something they gave is wrong."""


class InstructorError(Exception):
    """Something the instructor can mend; the message says what, where and how."""
