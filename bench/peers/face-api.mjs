// @vladmandic/face-api on WebAssembly: its small detector, 68 landmarks and 128 numbers.
import { crop, load, packageFolder, photoJob, serve } from './serve.mjs'

load('@tensorflow/tfjs-backend-wasm').setWasmPaths(
  `${packageFolder('@tensorflow/tfjs-backend-wasm')}/dist/`
)
const faceapi = load('@vladmandic/face-api', 'dist/face-api.node-wasm.js')
const { nets, tf } = faceapi
await tf.setBackend('wasm')
await tf.ready()
const models = `${packageFolder('@vladmandic/face-api')}/model`
for (const net of [nets.tinyFaceDetector, nets.faceLandmark68Net, nets.faceRecognitionNet]) {
  await net.loadFromDisk(models)
}
const detector = new faceapi.TinyFaceDetectorOptions({ inputSize: 416 })

async function analyse({ data, width, height }) {
  const tensor = tf.tensor(data, [height, width, 3], 'int32')
  const face = await faceapi
    .detectSingleFace(tensor, detector)
    .withFaceLandmarks()
    .withFaceDescriptor()
  tensor.dispose()
  if (face?.descriptor?.length !== 128) throw new Error('face-api finds no face')
}

async function describe() {
  const input = tf.tensor(crop, [112, 112, 3], 'int32')
  return () => nets.faceRecognitionNet.computeFaceDescriptor(input)
}

await serve({ version: faceapi.version, backend: tf.getBackend() }, (line) =>
  line === 'crop' ? describe() : photoJob(line, analyse)
)
