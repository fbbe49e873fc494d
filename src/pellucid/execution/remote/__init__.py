"""Executors that don't share this process's memory: processes, a Dask cluster, MPI.

Nobody but ``runner`` and ``executors``, one floor up, need know of this room, and a run, which
removes files that were left. The ``driver`` sends jobs, a ``worker`` does them; between them an
``image_file`` saves pixels, the ``environment`` says whether both would compute the same bits, and
``dask`` and ``dask_client`` are all that goes by Dask's private parts.
"""
