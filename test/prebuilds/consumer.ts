/** A program of somebody who installed the package, but for how it gets hold of it: `main(seesawface)`. */
export function consumer(photo: string, another: string): string {
  return `
async function main({ FaceRecognizer, InvalidArgumentError }) {
  const faces = await FaceRecognizer.open()
  const { same } = await faces.verify(${JSON.stringify(photo)}, ${JSON.stringify(another)})
  const wrong = await faces.verify(1, 2).catch((error) => error instanceof InvalidArgumentError)
  await faces.close()
  console.log(JSON.stringify({ same, wrong, node: process.versions.node }))
}
`
}
