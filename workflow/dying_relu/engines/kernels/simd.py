"""Vectors of LANES float32 for compiled code: plain LLVM vectors, which every processor supports.

A sum in an array does not stay in registers, because the compiler cannot know that two arrays never overlap; a variable
of this type does. `+ - * /` work element by element, between vectors or a vector and a float32.
"""

import operator

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic, models, overload, register_model

# A vector takes four registers of 512 or 256 bits (eight of 128 on Arm), which leaves room for three vectors and for
# factors. Two registers of 512 bits take a tenth to a quarter more time.
# NUMBA_CPU_FEATURES may ask for less than the processor has; Numba makes it "" for NUMBA_CPU_NAME=generic.
FEATURES = (get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES).split(",")
LANES = 64 if "+avx512f" in FEATURES else 32

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
    """Return where `arguments` (array, index, ...) of a `load` or `store` point."""
    array = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
    index = [
        context.cast(builder, value, kind, types.intp)
        for value, kind in zip(cgutils.unpack_tuple(builder, arguments[1]), signature.args[1], strict=True)
    ]
    pointer = cgutils.get_item_pointer(context, builder, signature.args[0], array, index)
    return builder.bitcast(pointer, FLOATS.as_pointer())


@intrinsic
def load(typing, array, index):
    """Return the LANES values of a float32 array from the tuple `index` on; its last axis must be contiguous."""

    def generate(context, builder, signature, arguments):
        return builder.load(_pointer(context, builder, signature, arguments), align=4)

    return VECTOR(array, index), generate


@intrinsic
def store(typing, array, index, vector):
    """Write `vector` where `load` would read it."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[2], _pointer(context, builder, signature, arguments), align=4)
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


@intrinsic
def prefetch(typing, array, index):
    """Bring element `index` (int) of a one-dimensional array into the cache, and go on at once."""

    def generate(context, builder, signature, arguments):
        data = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0]).data
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        builder.call(function, [place, number(0), number(3), number(1)])  # to read, again soon, data
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@intrinsic
def flush_denormals(typing):
    """Let this thread treat denormal numbers as 0, on processors that can: x86-64 and Arm of 64 bits."""

    def generate(context, builder, signature, arguments):
        def call(name, result, *values):
            kind = ir.FunctionType(result, [value.type for value in values])
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)

        processor = llvm.get_process_triple().partition("-")[0]
        if processor == "x86_64":  # two bits of the control register MXCSR: denormal operands and results
            register = cgutils.alloca_once(builder, ir.IntType(32))
            pointer = builder.bitcast(register, ir.IntType(8).as_pointer())
            call("llvm.x86.sse.stmxcsr", ir.VoidType(), pointer)
            builder.store(builder.or_(builder.load(register), ir.IntType(32)(0x8040)), register)
            call("llvm.x86.sse.ldmxcsr", ir.VoidType(), pointer)
        elif processor in ("aarch64", "arm64"):  # a bit of FPCR
            state = call("llvm.aarch64.get.fpcr", ir.IntType(64))
            call("llvm.aarch64.set.fpcr", ir.VoidType(), builder.or_(state, ir.IntType(64)(1 << 24)))
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def broadcast(typing, number):
    """Return a vector of copies of `number`, a float32."""

    def generate(context, builder, signature, arguments):
        one = builder.insert_element(ir.Constant(FLOATS, ir.Undefined), arguments[0], ir.IntType(32)(0))
        return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

    return VECTOR(types.float32), generate


@intrinsic
def reduce_add(typing, vector):
    """Return the sum of a vector's elements, in any order."""

    def generate(context, builder, signature, arguments):
        number = ir.FloatType()
        kind = ir.FunctionType(number, [number, FLOATS])
        name = f"llvm.vector.reduce.fadd.v{LANES}f32"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [number(-0.0), arguments[0]], fastmath=("reassoc",))

    return types.float32(vector), generate


@intrinsic
def select_positive(typing, vector, yes, no):
    """Return `yes` where `vector` is above 0, else `no`; all three are vectors."""

    def generate(context, builder, signature, arguments):
        above = builder.fcmp_ordered(">", arguments[0], ir.Constant(FLOATS, [0.0] * LANES))
        return builder.select(above, arguments[1], arguments[2])

    return VECTOR(vector, yes, no), generate


def _define(operation, instruction: str) -> None:
    """Let a Python operator on vectors be an instruction of LLVM."""

    @intrinsic
    def apply(typing, a, b):
        def generate(context, builder, signature, arguments):
            return getattr(builder, instruction)(*arguments, flags=("contract",))

        return VECTOR(a, b), generate

    @overload(operation)
    def choose(a, b):
        match isinstance(a, VectorType), isinstance(b, VectorType):
            case True, True:
                return lambda a, b: apply(a, b)
            case True, False:
                return lambda a, b: apply(a, broadcast(b))
            case False, True:
                return lambda a, b: apply(broadcast(a), b)
        return None


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
