// @vladmandic/human on WebAssembly: blazeface, facemesh (which aligns) and faceres (1024 numbers).
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { crop, load, packageFolder, photoJob, serve } from './serve.mjs'

// It fetches its models; they come with the package.
const { fetch } = globalThis
globalThis.fetch = async (input, init) => {
  const url = String(input.url ?? input)
  if (!url.startsWith('file:')) return fetch(input, init)
  const type = url.endsWith('.json') ? 'application/json' : 'application/octet-stream'
  return new Response(readFileSync(fileURLToPath(url)), { headers: { 'content-type': type } })
}

const { Human } = load('@vladmandic/human', 'dist/human.node-wasm.js')
const off = { enabled: false }
const human = new Human({
  backend: 'wasm',
  wasmPath: `${packageFolder('@tensorflow/tfjs-backend-wasm')}/dist/`,
  modelBasePath: `${pathToFileURL(packageFolder('@vladmandic/human')).href}/models/`,
  cacheSensitivity: 0, // every frame anew
  filter: off,
  gesture: off,
  body: off,
  hand: off,
  object: off,
  segmentation: off,
  face: {
    enabled: true,
    detector: { maxDetected: 1, rotation: true },
    mesh: { enabled: true },
    description: { enabled: true },
    iris: off,
    emotion: off,
    antispoof: off,
    liveness: off
  }
})
await human.load()
await human.tf.ready()
const backend = human.tf.getBackend()
if (backend !== 'wasm') throw new Error(`human runs on ${backend}`)

async function analyse({ data, width, height }) {
  const tensor = human.tf.tensor(data, [1, height, width, 3], 'int32')
  const { face } = await human.detect(tensor)
  human.tf.dispose(tensor)
  if (!face[0]?.embedding?.length) throw new Error('human finds no face')
}

/** Its embedding network alone, on the crop enlarged to what the network takes. */
function describe() {
  const net = human.models?.models?.faceres ?? human.models?.faceres
  if (!net?.inputs?.[0]?.shape) throw new Error('human has no embedding network')
  const [, height, width] = net.inputs[0].shape
  const input = human.tf.tidy(() =>
    human.tf.image.resizeBilinear(human.tf.tensor(crop, [1, 112, 112, 3], 'float32'), [
      height,
      width
    ])
  )
  return async () => {
    const outputs = [net.execute(input)].flat()
    for (const output of outputs) {
      await output.data()
      output.dispose()
    }
  }
}

await serve({ version: human.version, backend }, (line) =>
  line === 'crop' ? describe() : photoJob(line, analyse)
)
