"""Indicators: one small class each, updated with one bar at a time. Pure. `catalog` names them all.

Every class keeps a few numbers and at most one window, whatever the length of the series.

- `update(bar)` adds a closed bar and returns the value, None while warming up. An indicator with several outputs
  returns a tuple of one value for each, in the order of the catalog.
- `preview(bar)` returns what `update(bar)` would return and changes nothing.
- `split(ratio)` continues as if every bar so far had been in new shares, of which there are `ratio` for one old
  share: prices are divided by it, numbers of shares are multiplied. Exact except for rounding.
- `state()` is all that `restore()` needs to continue bit for bit: finite numbers, which JSON carries exactly. The first
  one must be `seen`: by it a rebuild recognises states that were taken at the same bar. `restore()` raises ValueError
  if the state does not fit, and then changes nothing.
- `key` names the indicator and its parameters, such as `rsi-14`. Its first part belongs to the class alone.
- `warm_after` is the number of bars until each output has its first value.
- `seen` is the number of bars added so far.

The input is the close unless another one is given. Prices are finite and positive: that is checked where quotes enter
the pipeline.

Sums over a window are computed again at every bar and rounded once: a running sum drifts, and a running sum of squares
is wrong by percents for ticks of 0.01 at a price of 65,000. A standard deviation uses `math.dist`: the root of the
summed squared deviations from a mean is the distance between two points, the values and the mean in each of their
places.
"""
