"""How speed is measured: rates over whole steps, work counted from shapes, sgemm as the yardstick.

``pellucid bench`` prints this machine's own figures; the folder ``benchmarks`` measures the peers
with the same tools.
"""
