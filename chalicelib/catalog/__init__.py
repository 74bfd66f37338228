"""SUPPLY: categories, courses, sections and lessons, films and files, and the index in which they are found."""
