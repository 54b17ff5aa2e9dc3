"""Index networks in third-party networks: find the coupled stages and let index networks guide them."""

from indexnet_core.retrofitting.apply import retrofit
from indexnet_core.retrofitting.pairing import Several
from indexnet_core.retrofitting.report import PairReport, RetrofitReport

__all__ = ["PairReport", "RetrofitReport", "Several", "retrofit"]
