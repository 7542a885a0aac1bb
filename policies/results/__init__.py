"""What the policies find, as files that other tools read, at the lines of the documents that it comes from.

Runs in the program's environment, not in the pack's: it reads the engine's events and Slicewise's documents.
"""
