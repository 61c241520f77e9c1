"""What pxm costs, measured: `make bench` (docs/benchmarks.md, contract 9).

    __main__     runs the parts, keeps what they measured, writes the page
    session      what a part is given: sizes, runs, worlds, progress
      worlds     a catalog of any size and an account that holds the same
      servers    the sandbox in another process
      measuring  a command as a child process: time, CPU, memory
      machine    what it was measured on
    parts        one module for each, named in `parts/__init__.py`
    page         docs/benchmarks.md from its template, with `wanted` and `plots`

Parts run in processes of their own, and so does what they compare with: nobody's memory or garbage
is another's.
"""
