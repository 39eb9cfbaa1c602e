import test from 'ava'
import { fromNative } from '../../lib/addon/errors.js'
import { loadProblem } from '../../lib/addon/remedies.js'
import * as errors from '../../lib/errors.js'

function thrown(fields: object, message = 'what happened'): Error {
  return Object.assign(new Error(message), fields)
}

const classes: [errors.ErrorCode, new (...args: never[]) => errors.SeesawFaceError][] = [
  ['INVALID_ARGUMENT', errors.InvalidArgumentError],
  ['IMAGE_DECODE', errors.ImageDecodeError],
  ['IMAGE_TOO_LARGE', errors.ImageTooLargeError],
  ['NO_FACE', errors.NoFaceError],
  ['MODEL_NOT_FOUND', errors.ModelNotFoundError],
  ['MODEL_CORRUPT', errors.ModelCorruptError],
  ['MODEL_INVALID', errors.ModelInvalidError],
  ['PRECISION_UNSUPPORTED', errors.PrecisionUnsupportedError],
  ['DEVICE_UNAVAILABLE', errors.DeviceUnavailableError],
  ['EMBEDDING_MISMATCH', errors.EmbeddingMismatchError],
  ['FAR_UNSUPPORTED', errors.FarUnsupportedError],
  ['CLOSED', errors.ClosedError],
  ['QUEUE_FULL', errors.QueueFullError],
  ['BINDING_LOAD', errors.BindingLoadError],
  ['BUILD_FAILED', errors.BuildFailedError],
  ['CONVERTER_MISSING', errors.ConverterMissingError],
  ['CHECKPOINT_INVALID', errors.CheckpointInvalidError],
  ['CONVERSION_FAILED', errors.ConversionFailedError],
  ['FILE_WRITE', errors.FileWriteError],
  ['OUT_OF_MEMORY', errors.OutOfMemoryError],
  ['INTERNAL', errors.InternalError]
]

for (const [code, Class] of classes) {
  test(`a native ${code} becomes ${Class.name}`, (t) => {
    const cause = thrown({ code })
    const error = fromNative(cause)
    t.true(error instanceof Class)
    t.true(error instanceof errors.SeesawFaceError)
    t.true(error instanceof Error)
    t.is(error.code, code)
    t.is(error.name, Class.name)
    t.is(error.message, 'what happened')
    t.is(error.cause, cause)
  })
}

test('argument and best score are kept', (t) => {
  const wrong = fromNative(thrown({ code: 'INVALID_ARGUMENT', argument: 'stride' }))
  t.true(wrong instanceof errors.InvalidArgumentError && wrong.argument === 'stride')
  const noFace = fromNative(thrown({ code: 'NO_FACE', bestScore: 0.25 }))
  t.true(noFace instanceof errors.NoFaceError && noFace.bestScore === 0.25)
})

test('what is unknown becomes an internal error, what is ours stays', (t) => {
  for (const other of [
    thrown({ code: 'toString' }),
    thrown({}),
    thrown({ code: 7 }),
    'text',
    null
  ]) {
    t.true(fromNative(other) instanceof errors.InternalError)
  }
  const ours = new errors.ClosedError('closed')
  t.is(fromNative(ours), ours)
})

const loading: [string, RegExp][] = [
  ['No native build was found for platform=linux arch=arm64', /has not been built for/],
  ['libgomp.so.1: cannot open shared object file: No such file', /system library libgomp\.so\.1/],
  ['dlopen failed: library "libc++_shared.so" not found', /system library libc\+\+_shared\.so/],
  [
    'Error loading shared library libgomp.so.1: No such file or directory (needed by x.node)',
    /system library libgomp\.so\.1/
  ],
  ["/lib/libc.so.6: version `GLIBC_2.38' not found", /newer system \(it requires GLIBC_2\.38\)/],
  ['x.node: invalid ELF header', /another kind of machine/],
  ['Module did not self-register', /cannot be loaded .*self-register/]
]

for (const [message, expected] of loading) {
  test(`a failure to load is explained with the remedy: ${message}`, (t) => {
    const { problem, remedy } = loadProblem(new Error(message))
    const text = `${problem} ${remedy}`
    t.regex(text, expected)
    t.regex(text, /sudo apt install .*npx seesawface build/)
    t.regex(text, /pkg install .*npx seesawface build/)
  })
}
