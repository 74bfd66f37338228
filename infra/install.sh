#!/bin/sh
# Finds a Python that suits and lets it run infra/install.py; called by `make` before everything else.
suits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
for python in .venv/bin/python python3.13 python3.12 python3.11 python3; do
    if "$python" -I -S -c "$suits" 2>/dev/null; then
        exec "$python" -m infra.install
    fi
done
echo "LearnFlow needs Python 3.11, 3.12 or 3.13, and none was found. Install one, then run this command again." >&2
exit 1
