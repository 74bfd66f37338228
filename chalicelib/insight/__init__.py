"""READING, for people: figures of a day and of all days, reports, dashboards of teachers and administrators."""
