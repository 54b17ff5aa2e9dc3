"""Index networks in third-party networks: find coupled stages and guide them by index networks."""

from indexnet_core.retrofitting.apply import retrofit
from indexnet_core.retrofitting.pairing import Several
from indexnet_core.retrofitting.report import PairReport, RetrofitReport

__all__ = ["PairReport", "RetrofitReport", "Several", "retrofit"]
