// NCNN: the one release this project is built and tested with, where it comes from, and how it is
// configured: the layers our networks use, and nothing else of it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from './cache.mjs'
import { Refusal } from './say.mjs'
import { isArm32 } from './toolchain.mjs'

const version = '20261020'

/**
 * Layers kept. The networks themselves, what pnnx may emit for convolutional networks of this
 * kind, and what NCNN creates by itself: Padding, Flatten, Cast, Packing, and the activations
 * that are fused into convolutions. native/engine/model/layer_rules.cc accepts no others.
 */
// biome-ignore format: a list of names reads better packed
const layers = [
  'BatchNorm', 'Bias', 'BinaryOp', 'Cast', 'Clip', 'Concat', 'Convolution',
  'ConvolutionDepthWise', 'Crop', 'Dropout', 'Eltwise', 'Flatten', 'HardSigmoid', 'HardSwish',
  'InnerProduct', 'Input', 'Interp', 'MemoryData', 'Noop', 'Normalize', 'Packing', 'Padding',
  'Permute', 'Pooling', 'PReLU', 'Reduction', 'ReLU', 'Reshape', 'Scale', 'ShuffleChannel',
  'Sigmoid', 'Slice', 'Softmax', 'Split', 'Swish', 'UnaryOp',
]

const options = {
  NCNN_VERSION: version,
  CMAKE_BUILD_TYPE: 'Release',
  CMAKE_POSITION_INDEPENDENT_CODE: 'ON',
  CMAKE_INSTALL_LIBDIR: 'lib',
  NCNN_SHARED_LIB: 'OFF',
  NCNN_VULKAN: 'OFF',
  NCNN_BUILD_TOOLS: 'OFF',
  NCNN_BUILD_EXAMPLES: 'OFF',
  NCNN_BUILD_BENCHMARK: 'OFF',
  NCNN_BUILD_TESTS: 'OFF',
  NCNN_PYTHON: 'OFF',
  NCNN_C_API: 'OFF',
  // Android's asset manager and the like: models reach us as bytes.
  NCNN_PLATFORM_API: 'OFF',
  // Both are switched off by NCNN itself on Android; our code needs them.
  NCNN_DISABLE_RTTI: 'OFF',
  NCNN_DISABLE_EXCEPTION: 'OFF',
  NCNN_STDIO: 'ON',
  NCNN_STRING: 'ON',
  NCNN_VALIDATION: 'ON',
  NCNN_BATCH: 'OFF',
  NCNN_PIXEL: 'ON',
  NCNN_PIXEL_AFFINE: 'ON',
  NCNN_PIXEL_ROTATE: 'OFF',
  NCNN_PIXEL_DRAWING: 'OFF',
  // NCNN's own small thread team instead of libgomp or libomp, which a machine without a
  // compiler often lacks and which cannot be linked statically into a shared object.
  NCNN_OPENMP: 'ON',
  NCNN_SIMPLEOMP: 'ON',
  NCNN_THREADS: 'ON',
  NCNN_RUNTIME_CPU: 'ON',
  // fp32 and fp16 only: no 8-bit, bfloat16 or weight-quantised kernels.
  NCNN_INT8: 'OFF',
  NCNN_BF16: 'OFF',
  NCNN_WEIGHT_QUANT: 'OFF',
  NCNN_AVXVNNI: 'OFF',
  NCNN_AVXVNNIINT8: 'OFF',
  NCNN_AVXVNNIINT16: 'OFF',
  NCNN_AVXNECONVERT: 'OFF',
  NCNN_AVX512VNNI: 'OFF',
  NCNN_AVX512BF16: 'OFF',
  NCNN_AVX512FP16: 'OFF',
  NCNN_XOP: 'OFF',
  NCNN_ARM82: 'ON',
  NCNN_ARM82DOT: 'OFF',
  NCNN_ARM82FP16FML: 'OFF',
  NCNN_ARM84BF16: 'OFF',
  NCNN_ARM84I8MM: 'OFF',
  NCNN_ARM86SVE: 'OFF'
}

/**
 * What a build for GPUs has besides: Vulkan's loader is opened when the program runs, the shader
 * compiler is linked in. Without "stdio" NCNN does not print the properties of every GPU to stderr.
 */
const vulkanOptions = {
  NCNN_VULKAN: 'ON',
  NCNN_SIMPLEVK: 'ON',
  NCNN_SYSTEM_GLSLANG: 'OFF',
  NCNN_STDIO: 'OFF'
}

/** On ARM of 32 bits NCNN knows no arithmetic in half precision, and does not compile with it. */
const arm32Options = { NCNN_ARM82: 'OFF' }

/** The -D arguments that do not depend on where the source lies: part of the cache key. */
export function flags({ vulkan = false, arm32 = false } = {}) {
  const all = { ...options, ...(vulkan && vulkanOptions), ...(arm32 && arm32Options) }
  return Object.entries(all).map(([k, v]) => `-D${k}=${v}`)
}

/** -DWITH_LAYER_x=OFF for every layer of this source that we do not keep. */
async function layerFlags(source) {
  const list = await readFile(join(source, 'src/CMakeLists.txt'), 'utf8')
  const all = [...list.matchAll(/^ncnn_add_layer\((\w+)/gm)].map((m) => m[1])
  const missing = layers.filter((name) => !all.includes(name))
  if (missing.length) throw new Error(`this NCNN has no layer ${missing.join(', ')}`)
  return all.map(
    (name) => `-DWITH_LAYER_${name.toLowerCase()}=${layers.includes(name) ? 'ON' : 'OFF'}`
  )
}

/** What of the source takes part in our build, and what besides in one with Vulkan. */
const parts = ['CMakeLists.txt', 'cmake', 'src']
const withGlslang = [...parts, 'glslang']

const needsGlslang = 'the shader compiler that a build with Vulkan needs'

/** @type {import('./library.mjs').Library} */
export const ncnn = {
  name: 'ncnn',
  title: 'NCNN',
  version,
  variable: 'SEESAWFACE_NCNN',
  sdist: {
    name: 'ncnn',
    version: `1.0.${version}`,
    file: `ncnn-1.0.${version}.tar.gz`,
    sha256: 'ad8cdd63e9755cfa8e23b9b6d9ce46156077d80298a89e7c3ba325ffccfca200',
    folder: '.'
  },
  upstream: `https://github.com/Tencent/ncnn/archive/refs/tags/${version}.tar.gz`,
  parts,
  // The digest was taken from the source package above. That both routes carry the same files was
  // checked on release 20260526, the newest tag at hand then: its tag and its source package are the
  // same, file by file, in CMakeLists.txt, cmake/ and src/. The download of this release's archive
  // could only be tested against a local server.
  tree: '5b85c0c49c47146fc75cf9fa8cb22d04c97bab8b285e76a1e127168e53c4f5c2',
  system: {
    package: 'ncnn',
    prefixOf: (found) => found.replace(/\/(lib|lib64)(\/[^/]+)?\/cmake\/ncnn$/, ''),
    missing: 'Termux: pkg install ncnn; Debian has no package of it'
  },
  prefix: {
    files: ['lib/cmake/ncnn/ncnnConfig.cmake', 'lib64/cmake/ncnn/ncnnConfig.cmake'],
    named: 'lib/cmake/ncnn/ncnnConfig.cmake'
  },
  source: 'src/net.h',

  async plan({ vulkan = false, folder }, { identity }) {
    if (vulkan && folder && !(await exists(join(folder, 'glslang/CMakeLists.txt')))) {
      throw new Refusal(
        `${folder} has no glslang/, ${needsGlslang}: in a checkout of NCNN run ` +
          '"git submodule update --init glslang".'
      )
    }
    return {
      options: flags({ vulkan, arm32: isArm32(identity) }),
      kept: layers.join(','),
      parts: vulkan ? withGlslang : parts,
      configure: layerFlags
    }
  },

  // The forge's archives lack glslang, which is a submodule: with Vulkan there is the index only.
  routes(route, { vulkan = false }) {
    if (vulkan && route === 'upstream') {
      throw new Refusal(
        `the release archive of the upstream project has no glslang, ${needsGlslang}: take the ` +
          'package index instead, or give a folder with the source in SEESAWFACE_NCNN.'
      )
    }
    if (route !== 'auto') return [route]
    return vulkan ? ['index'] : ['index', 'upstream']
  }
}
