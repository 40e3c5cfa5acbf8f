"""Short vectors of float32 for compiled code, `LANES` numbers each: plain LLVM vectors, which any processor has.

A loop over an array leaves it to the compiler whether a sum stays in registers, and as it cannot know that two arrays
never overlap, it does not. A variable of this type does stay. Arithmetic is by element, with a number or another
vector.
"""

import operator

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic, models, overload, register_model

# Four registers, of 512 bits or of 256 (eight of 128 on Arm): there is room for three vectors and for factors. Half as
# many where there are registers of 512 bits take a tenth to a quarter more time.
# What Numba was told to compile for (NUMBA_CPU_FEATURES) counts, not only what the processor has.
_FEATURES = (config.CPU_FEATURES or llvm.get_host_cpu_features().flatten()).split(",")
LANES = 64 if "+avx512f" in _FEATURES else 32

FLOATS = ir.VectorType(ir.FloatType(), LANES)


class VectorType(types.Type):
    def __init__(self) -> None:
        super().__init__(f"Vector{LANES}")


VECTOR = VectorType()


@register_model(VectorType)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, FLOATS)


def _pointer(context, builder, signature, arguments):
    array = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
    kinds = signature.args[1]
    places = [
        context.cast(builder, place, kind, types.intp)
        for place, kind in zip(cgutils.unpack_tuple(builder, arguments[1]), kinds, strict=True)
    ]
    place = cgutils.get_item_pointer(context, builder, signature.args[0], array, places)
    return builder.bitcast(place, FLOATS.as_pointer())


@intrinsic
def load(typing, array, start):
    """The LANES numbers of a float32 array from the tuple of indices `start` on; its last axis is contiguous."""

    def generate(context, builder, signature, arguments):
        return builder.load(_pointer(context, builder, signature, arguments), align=4)

    return VECTOR(array, start), generate


@intrinsic
def store(typing, array, start, vector):
    """Write a vector where `load` would read it."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[2], _pointer(context, builder, signature, arguments), align=4)
        return context.get_dummy_value()

    return types.void(array, start, vector), generate


@intrinsic
def broadcast(typing, number):
    """A vector of which every element is `number`, a float32."""

    def generate(context, builder, signature, arguments):
        one = builder.insert_element(ir.Constant(FLOATS, ir.Undefined), arguments[0], ir.IntType(32)(0))
        return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

    return VECTOR(types.float32), generate


@intrinsic
def reduce_add(typing, vector):
    """The sum of a vector's elements."""

    def generate(context, builder, signature, arguments):
        number = ir.FloatType()
        kind = ir.FunctionType(number, [number, FLOATS])
        name = f"llvm.vector.reduce.fadd.v{LANES}f32"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [number(-0.0), arguments[0]], fastmath=("reassoc",))

    return types.float32(vector), generate


@intrinsic
def sqrt(typing, vector):
    """The square roots of a vector's elements."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(FLOATS, [FLOATS])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32"), arguments)

    return VECTOR(vector), generate


@intrinsic
def reciprocal(typing, vector):
    """1 / vector, at most 2.5e-7 of it off, for elements from 1e-30; 0 beyond 1e30; NaN of NaN.

    The first guess subtracts exponents, 12 % off at most; each of three steps of Newton's squares the error. That takes
    six instructions that overlap with others, where a division blocks the unit that also takes roots.
    """

    def generate(context, builder, signature, arguments):
        bits = ir.VectorType(ir.IntType(32), LANES)
        guess = builder.sub(ir.Constant(bits, [0x7EF311C7] * LANES), builder.bitcast(arguments[0], bits))
        inverse = builder.bitcast(guess, FLOATS)
        for _ in range(3):
            product = builder.fmul(arguments[0], inverse, flags=("contract",))
            rest = builder.fsub(ir.Constant(FLOATS, [2.0] * LANES), product, flags=("contract",))
            inverse = builder.fmul(inverse, rest)
        beyond = builder.fcmp_ordered(">", arguments[0], ir.Constant(FLOATS, [1e30] * LANES))
        return builder.select(beyond, ir.Constant(FLOATS, [0.0] * LANES), inverse)

    return VECTOR(vector), generate


@intrinsic
def select_positive(typing, vector, yes, no):
    """`yes` where `vector` is above 0, else `no`."""

    def generate(context, builder, signature, arguments):
        above = builder.fcmp_ordered(">", arguments[0], ir.Constant(FLOATS, [0.0] * LANES))
        return builder.select(above, arguments[1], arguments[2])

    return VECTOR(vector, yes, no), generate


def _define(operation, name: str) -> None:
    @intrinsic
    def apply(typing, one, other):
        def generate(context, builder, signature, arguments):
            return getattr(builder, name)(*arguments, flags=("contract",))

        return VECTOR(one, other), generate

    @overload(operation)
    def choose(one, other):
        kinds = [isinstance(kind, VectorType) for kind in (one, other)]
        if kinds == [True, True]:
            return lambda one, other: apply(one, other)
        if kinds == [True, False]:
            return lambda one, other: apply(one, broadcast(other))
        if kinds == [False, True]:
            return lambda one, other: apply(broadcast(one), other)
        return None


for _operation, _name in {
    operator.add: "fadd",
    operator.sub: "fsub",
    operator.mul: "fmul",
    operator.truediv: "fdiv",
}.items():
    _define(_operation, _name)
