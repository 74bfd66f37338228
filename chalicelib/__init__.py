"""LearnFlow's product code. Imports only go down this ladder; `make check` holds it.

app.py, functions/, schedules/      composition: nobody imports them
reactions                           what happens after each fact, one visible table
insight                             numbers: dashboards, how courses do, daily reports
ml                                  reading for machines: rows under pseudonyms, complete and once
learning                            what learners do and read: access, progress, completion, certificates, streaks
catalog                             what teachers make: courses, lessons, uploads, and the index they are found in
accounts                            people: sign-in, profiles, sessions, roles, privacy, audit reading
web | messaging                     the door (HTTP) | the mailbox (queues, letters)
table                               the store: keys, records, transactions, facts
settings, errors, clock, aws, wire, keyring, logs, starting, rounding
"""
