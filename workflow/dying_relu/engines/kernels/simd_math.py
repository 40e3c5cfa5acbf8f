"""Root, reciprocal and exponential of vectors (`simd`), faster or in other instructions than LLVM's own."""

import math

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from dying_relu.engines.kernels.simd import FEATURES, FLOATS, LANES, VECTOR


@intrinsic
def sqrt(typing, vector):
    """Return the square root of each element."""

    def generate(context, builder, signature, arguments):
        return _exact_sqrt(builder, arguments[0])

    return VECTOR(vector), generate


def _exact_sqrt(builder, vector):
    kind = ir.FunctionType(FLOATS, [FLOATS])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32"), [vector])


# The processor's approximations of 1 / x and 1 / sqrt(x): their names in LLVM, and the numbers in a register. Those of
# AVX-512 are off by at most 2^-14, the older ones by at most 1.5 * 2^-12. Other processors than x86 have none here.
if "+avx512f" in FEATURES:
    _APPROXIMATE, _REGISTER = {"1/x": "avx512.rcp14.ps.512", "1/sqrt": "avx512.rsqrt14.ps.512"}, 16
elif "+avx" in FEATURES:
    _APPROXIMATE, _REGISTER = {"1/x": "avx.rcp.ps.256", "1/sqrt": "avx.rsqrt.ps.256"}, 8
elif llvm.get_process_triple().startswith("x86_64"):
    _APPROXIMATE, _REGISTER = {"1/x": "sse.rcp.ps", "1/sqrt": "sse.rsqrt.ps"}, 4
else:
    _APPROXIMATE, _REGISTER = {}, 0


def _constant(number: float) -> ir.Constant:
    """Return a vector of copies of `number`, rounded to float32: LLVM takes no other numbers."""
    return ir.Constant(FLOATS, [float(np.float32(number))] * LANES)


def _fused(builder, a, b, c):
    """Return a * b + c, fused where the processor can do that."""
    return builder.fadd(builder.fmul(a, b, flags=("contract",)), c, flags=("contract",))


def _approximate(builder, name, vector):
    """Return the processor's approximation `name`, a key of _APPROXIMATE, of a whole vector, register by register."""
    number = ir.IntType(32)
    part = ir.VectorType(ir.FloatType(), _REGISTER)
    arguments = [part]
    rest = []
    if _REGISTER == 16:  # what to return where a mask is 0, and a mask of all ones
        arguments += [part, ir.IntType(16)]
        rest = [ir.Constant(part, ir.Undefined), ir.IntType(16)(0xFFFF)]
    kind = ir.FunctionType(part, arguments)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.{_APPROXIMATE[name]}")
    parts = []
    for begin in range(0, LANES, _REGISTER):
        places = ir.Constant(ir.VectorType(number, _REGISTER), list(range(begin, begin + _REGISTER)))
        parts.append(builder.call(function, [builder.shuffle_vector(vector, vector, places), *rest]))
    while len(parts) > 1:
        size = 2 * parts[0].type.count
        places = ir.Constant(ir.VectorType(number, size), list(range(size)))
        parts = [builder.shuffle_vector(a, b, places) for a, b in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


@intrinsic
def reciprocal(typing, vector):
    """Return 1 / vector, with a relative error of at most 2.5e-7 from 1e-30 to 1e30.

    NaN gives NaN, infinity 0 or NaN. It is the processor's approximation and a step of Newton's method, which squares
    its error, 4e-4 or less; a division would take several times as long. Without an approximation the first guess
    subtracts exponents and is at most 12 % off, and there are three steps.
    """

    def generate(context, builder, signature, arguments):
        x = arguments[0]
        if _APPROXIMATE:
            guess = _approximate(builder, "1/x", x)
            rest = builder.fsub(_constant(1), builder.fmul(x, guess, flags=("contract",)), flags=("contract",))
            return _fused(builder, guess, rest, guess)
        bits = ir.VectorType(ir.IntType(32), LANES)
        guess = builder.sub(ir.Constant(bits, [0x7EF311C7] * LANES), builder.bitcast(x, bits))
        inverse = builder.bitcast(guess, FLOATS)
        for _ in range(3):
            product = builder.fmul(x, inverse, flags=("contract",))
            rest = builder.fsub(_constant(2), product, flags=("contract",))
            inverse = builder.fmul(inverse, rest)
        beyond = builder.fcmp_ordered(">", x, _constant(1e30))
        return builder.select(beyond, _constant(0), inverse)

    return VECTOR(vector), generate


@intrinsic
def fast_sqrt(typing, vector):
    """Return the square root of each element, with a relative error of at most 2.5e-7 from 1.2e-38 (no denormal) on.

    0 gives 0, NaN gives NaN, infinity gives itself or NaN. It is x times the processor's approximation of 1 / sqrt(x),
    and a step of Newton's method; `sqrt` would take longer than all else in a step of Adam. Without an approximation it
    is `sqrt`.
    """

    def generate(context, builder, signature, arguments):
        x = arguments[0]
        if not _APPROXIMATE:
            return _exact_sqrt(builder, x)
        smallest = _constant(np.finfo(np.float32).tiny)  # 1 / sqrt(0) would be infinite, and 0 times that NaN
        above = builder.select(builder.fcmp_unordered(">", x, smallest), x, smallest)
        inverse = _approximate(builder, "1/sqrt", above)
        root = builder.fmul(x, inverse)
        rest = builder.fsub(_constant(1), builder.fmul(root, inverse, flags=("contract",)), flags=("contract",))
        return _fused(builder, builder.fmul(root, _constant(0.5)), rest, root)

    return VECTOR(vector), generate


@intrinsic
def exp(typing, vector):
    """Return e to the power of each element from -87 to 88, with a relative error of at most 2e-7; beyond, as there.

    NaN stays NaN. With n the whole number nearest to x / log 2, exp(x) is 2^n times exp(r) for r = x - n log 2, a
    Taylor polynomial of degree 7; 2^n is written as the exponent of a float.
    """

    def generate(context, builder, signature, arguments):
        bits = ir.VectorType(ir.IntType(32), LANES)
        x = arguments[0]
        for comparison, bound in (("<", -87.0), (">", 88.0)):
            x = builder.select(builder.fcmp_ordered(comparison, x, _constant(bound)), _constant(bound), x)
        # Above 2^23 a float has no digits behind the point; the lowest bits of the sum are n.
        shift = _constant(1.5 * 2**23)
        shifted = _fused(builder, x, _constant(1 / math.log(2)), shift)
        n = builder.fsub(shifted, shift)
        high = 355 / 512  # of log 2, with so few digits that n times it is exact
        r = _fused(builder, n, _constant(-high), x)
        r = _fused(builder, n, _constant(high - math.log(2)), r)
        result = _constant(1 / math.factorial(7))
        for k in range(6, -1, -1):
            result = _fused(builder, result, r, _constant(1 / math.factorial(k)))
        exponent = builder.shl(builder.bitcast(shifted, bits), ir.Constant(bits, [23] * LANES))
        power = builder.add(exponent, ir.Constant(bits, [127 << 23] * LANES))
        return builder.fmul(result, builder.bitcast(power, FLOATS))

    return VECTOR(vector), generate
