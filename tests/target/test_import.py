"""What the setup cell of an exercise waits for."""

import subprocess
import sys


def test_importing_the_room_does_not_load_what_takes_seconds() -> None:
    code = "import sys, whobuys.target; print({'sklearn', 'scipy.stats'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
