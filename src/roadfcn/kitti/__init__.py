"""Facts of the KITTI Road benchmark, shared by reader, generator and evaluator.

Source: Fritsch, Kuehnl, Geiger, "A new performance measure and evaluation benchmark for road
detection algorithms", ITSC 2013, and the format description that comes with the data.
"""
