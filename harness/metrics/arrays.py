"""The arrays that metrics take and give."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
