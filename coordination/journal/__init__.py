"""The journal of a run: what every round was given and what came of it, to be played again.

One round goes to disk like this. The society has played it; its ``Scribe`` makes rows of the
step, on the thread that plays, while nothing else of the round is left to do. The rows are the
round's batch, together with whatever the memories have to keep, and go to the store's one
writer, which commits whole rounds, as many as wait, while later ones are played.

And back like this. A ``History`` reads the rows round by round. A society is founded again by
the ``Charter`` in the first of them, with the same seed, so the environment and the agents are
as they were. A ``Replay`` then plays the rounds again with the same machinery: the environment
steps, agents are called, messages pass, and rows are made of every step, which have to be the
same bytes as those on disk. Agents whose state is on disk are not called until that round; they
are prompted with what they answered then. After the last round that was kept everything is as
it was, and the run goes on.
"""
