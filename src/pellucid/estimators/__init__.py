"""The faces for scikit-learn, and the parts they hold.

Comes in: rows, images and labels as scikit-learn gives them. Goes out: what its contract asks for.
Training itself is below, in :mod:`pellucid.training`.

A face (``classifier``) has parameters, of which each call makes checked ``settings``, and what it
has learned (``fitted``), which every pass replaces. A call looks at what it was ``given``, as
``rows`` of pixels and ``classes``; ``learning`` does ``passes`` and leaves all as it was if none is
done (``undo``); ``prediction`` runs the network; ``file`` writes and reads a fitted one.
"""
