"""Running strange notebooks: warm kernels, confinement, limits, on this machine or many.

This room knows no exercise, no key, no mark and no secret: `execute` takes a notebook and gives it
back executed, as plain data.
"""

#: How the ids of the cells begin that the grader adds to send answers out.
EXPORT = "whobuys-export-"
