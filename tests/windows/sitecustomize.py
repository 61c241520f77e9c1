"""Python without the modules that Windows lacks, for the process and all that it starts.

Found by PYTHONPATH; PYTHON_WITHOUT names the modules.  filelock is loaded before: which of the
system's locks it takes is the library's own business.
"""

import os
import sys

import filelock  # noqa: F401

for name in os.environ["PYTHON_WITHOUT"].split(","):
    # The import of a name that stands here as None raises ModuleNotFoundError.
    sys.modules[name] = None  # type: ignore[assignment]
