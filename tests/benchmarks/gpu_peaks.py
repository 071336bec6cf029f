"""What a GPU can do at most, by its maker, and the least time that work takes on it.

    floor from FLOPs    = FLOPs / peak FLOPs per second
    floor from bytes    = bytes / peak bytes per second
    floor from launches = kernels * :data:`LAUNCH_SECONDS`

Nothing can be faster than the greatest of the floors that apply, and nothing needs to be as fast: the floors leave out
whatever they do not name.
"""

from __future__ import annotations

from dataclasses import dataclass

LAUNCH_SECONDS = 1.5e-6
"""What a small kernel of a replayed graph costs at least, from the end of the one before to its own end. An assumption
of this project, not a figure of the maker; graphs whose kernels depend on each other come near it."""


@dataclass(frozen=True)
class Peaks:
    """A device's greatest rates.

    Parameters
    ----------
    fp32, tf32
        FLOPs per second outside the tensor cores, and of dense products on them.
    bandwidth
        Bytes per second to and from the device's memory.
    """

    fp32: float
    tf32: float
    bandwidth: float


# NVIDIA's data sheets "H100 Tensor Core GPU" and "H200 Tensor Core GPU", columns of the SXM parts: FP32 67 teraFLOPS,
# TF32 989 teraFLOPS with sparsity, half of it dense, memory bandwidth 3.35 and 4.8 TB/s.
PEAKS = {
    "H100 SXM": Peaks(fp32=67e12, tf32=494.5e12, bandwidth=3.35e12),
    "H200 SXM": Peaks(fp32=67e12, tf32=494.5e12, bandwidth=4.8e12),
}
OTHER_PARTS = ("PCIe", "NVL", "MIG")
"""In the names of devices whose peaks are lower than those of the SXM parts."""


def peaks_of(device_name: str) -> tuple[str, Peaks] | None:
    """The part and its peaks, from the name that the driver gives; None for a device that is not in the table."""
    if any(part in device_name for part in OTHER_PARTS):
        return None
    for part, peaks in PEAKS.items():
        if part.split()[0] in device_name.replace("-", " ").split():
            return part, peaks
    return None
