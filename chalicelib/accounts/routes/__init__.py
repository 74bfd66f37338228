"""The routes of accounts, by what they are about. A module is imported when one of its paths is first asked."""
