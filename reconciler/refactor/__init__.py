"""Edits across the files of a catalog, each to the character (contract 1.10).

files        the texts, and where each object stands in them      files.py
entries      new entries at the end of lists                      entries.py
places       positions → nodes, with all that they stand in       places.py
cutting      what goes, and what holds nothing else any more      cutting.py
work         the catalog as it was and is now; a proved patch     work.py, strayed.py
rename       a key becomes another one                            rename.py, history.py
remove       objects go, with what they contain                   remove.py
move         objects stand in another file                        move.py, given.py
"""
