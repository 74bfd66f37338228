"""PEOPLE: who they are, how they sign in, what they may do, what is kept of them and for how long."""
