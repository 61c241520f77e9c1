"""Edits across the files of a catalog, each to the character.

files        the texts, and where each object stands in them    files.py
strayed      what an edit changed beside what it was meant to  strayed.py
"""
