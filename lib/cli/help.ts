import { galleryHelp } from './gallery/help.js'
import { colour, print } from './output.js'

const usage: Readonly<Record<string, string>> = {
  verify: `seesawface verify A B [options]

Decides whether two photos show the same person. Exit code 0: same, 1: different, 2: error.

  --far RATE         false accept rate, such as 1e-4 (default: the model's, usually 1e-3)
  --threshold X      use this similarity as the threshold instead, -1 to 1`,
  embed: `seesawface embed PHOTO… [options]

Computes the embedding of the most prominent face in each photo. Prints a summary; with --json, one
object per line, which FaceEmbedding.fromJSON reads.

  --min-quality Q    reject faces whose overall quality is below Q, 0 to 1
  --template         combine photos of one person into a single embedding
`,
  detect: `seesawface detect PHOTO… [options]

Lists the faces in each photo, best score first: box, score, quality and, with --json, landmarks.

  --draw FILE        write a copy of the photo with the faces marked (.png, .jpg or .webp)
  --force            overwrite an existing file
`,
  align: `seesawface align PHOTO --out FILE [options]

Crops the most prominent face and aligns it to the ArcFace template, 112×112: the input that
embedding networks expect. FILE ends in .png, .jpg or .webp; only .png is lossless.

  --all              write every face, best score first, as NAME-1, NAME-2 …
  --force            overwrite existing files
`,
  watch: `seesawface watch SOURCE [options]

Follows the faces in a video and prints a line for each event: a face appeared, was identified, is a
stranger, or left. SOURCE is a video file, a camera such as /dev/video0, an address (rtsp://…, http://…),
or - for YUV4MPEG2 on standard input. Requires ffmpeg, except for -. A camera that ends, fails or stalls
is started again. Stop with Ctrl-C.

  --gallery FILE     identify faces with this gallery
  --key-file FILE    the gallery's key (default: FILE.key); see gallery for other ways to give it
  --fpir RATE        share of strangers that may be taken for somebody (default 0.01)
  --fps N            frames per second, at most
  --width N          scale wider video down to N pixels
  --draw FILE        write a video with the faces marked (.mp4, .mkv or .webm)
  --force            overwrite an existing file
  --updates          print an event for each face in every frame, too
`,
  eval: `seesawface eval PAIRS (--photos DIR | --crops DIR) [options]

Measures a model on pairs of photos: cross-validated accuracy, equal error rate, area under the ROC
curve, and true accept rates with their counts and 95 % bootstrap intervals. PAIRS is the pairs.txt of
Labeled Faces in the Wild, or a CSV file with the header a,b,same and, optionally,
fold,person_a,person_b.

  --photos DIR       whole photos; detection and alignment are part of the measurement
  --crops DIR        112×112 faces, aligned to the ArcFace template
  --plot FILE.svg    draw the ROC curve and the distribution of scores
  --dataset NAME     name of the data set (default: the name of the list)
  --write            store the accuracy in the model's manifest

seesawface eval all-pairs (FOLDER | LIST) [options]

Compares every photo with every other photo: true accept rates at false accept rates from 10 % to one
in a million, with their counts and 95 % intervals (bootstrap over people). FOLDER contains one folder
of photos per person. LIST is a CSV file with the header path,person and, optionally, family; pairs
within a family count neither as genuine nor as impostors.

  --crops            the photos are 112×112 faces, aligned to the ArcFace template
  --root DIR         folder that the paths in LIST are relative to (default: the folder of LIST)
  --exclude FILE     skip these people or photos, one per line; # starts a comment
  --embeddings F.npy use these embeddings: float32, one row per line of LIST
  --save-embeddings F.npy  write the embeddings, and the list of photos as F.csv
  --plot FILE.svg    draw the detection error trade-off (DET) curve
  --dataset NAME     name of the data set
  --seed N           seed of the random draws (default 1)

seesawface eval identify (FOLDER | LIST) [options]

Open-set identification (ISO/IEC 19795-1): searches galleries for people who are enrolled and for
strangers who are not. Reports the false negative identification rate (FNIR) at false positive
identification rates (FPIR) of 10, 1 and 0.1 %, over several random galleries. Accepts the options of
all-pairs, and

  --enrol LIST       photos per enrolled person (default 1,3,5)
  --galleries LIST   people per gallery (default 100, 1000, … up to the people available)
  --draws N          random galleries of each size (default 10)
  --probes N         photos searched per person, at most (default 3)`,
  calibrate: `seesawface calibrate (--photos DIR | --crops DIR) [options]

Computes the threshold for each false accept rate, and the map from similarity to probability. Use
photos of people who appear in no training set and no test set. DIR contains one folder of photos per
person. Each threshold has a 95 % interval (bootstrap over people); a rate that could be more than
twice its nominal value is left out. Rates too small to count are extrapolated from a fitted tail and
marked as such. Damaged photos are reported and skipped.

  --list FILE        the photos in DIR to use: CSV with the header path,person[,family]
  --exclude-pairs F  skip the people in this list of pairs
  --exclude FILE     skip these people or photos, one per line; # starts a comment
  --templates        also compute thresholds for templates of 2, 3 and 5 photos
  --dataset NAME     name of the photo set, for the manifest
  --write            store the calibration in the model's manifest`,
  gallery: galleryHelp,
  models: `seesawface models [options]

Lists the available models: size, files, accuracy, calibration and terms of use.
`,
  convert: `seesawface convert FILE --network NAME [options]

Converts a PyTorch checkpoint or an ONNX face model. Requires Python with PyTorch and pnnx. Every key
of the checkpoint is checked, and nothing is written unless the converted model computes the same
embeddings.

  --network NAME     the network in FILE: seesaw-share, seesaw-shuffle, seesaw-shuffle-mobi,
                     dw-seesaw-v1, dw-seesaw-v2, mobilefacenet-512 (-128, -512-swish, -128-swish),
                     mobiface, arcface-r100, or onnx
  --name NAME        name of the model (default: the name of the network or the ONNX file)
  --out DIR          folder to write the model to (default: models)
  --input ORDER      channel order, bgr or rgb (required for ONNX)
  --mean X           subtracted from pixel values 0–255: one number, or three separated by commas
                     (required for ONNX)
  --norm X           factor applied after that, such as 0.0078125 or 1/128 (required for ONNX)
  --weights W        fp16 (default) or fp32
  --licence SPDX     licence of the weights, for the manifest
  --terms TEXT       terms of use, for the manifest
  --source TEXT      origin of the weights, for the manifest
  --force            overwrite an existing model
  --pairs FILE       calibrate with this LFW-style pairs.txt and --photos DIR or --crops DIR
  --json             print the result as JSON`,
  doctor: `seesawface doctor [options]

Checks that seesawface works on this machine: the addon and why it was chosen, NCNN, the processor, the
models and a self-test. Suggests a fix for each problem. Exit code 0: everything works, 1: a problem
was found.

  --here             run the checks in this process; if the addon crashes, the command does too`,
  build: `seesawface build [options]

Compiles the native addon on this machine, for platforms without a prebuilt binary, and loads it to
test it. Requires a C++ compiler, CMake, Ninja or Make, and Python 3. Downloads the sources of NCNN and
libjpeg-turbo unless they are cached. The first build takes a few minutes.

  --vulkan           include GPU support
  --clean            configure from scratch, for example after changing the compiler
  --jobs N           parallel compiler processes (default: one per core)
  --json             print the result as JSON`,
  bench: `seesawface bench [options]
seesawface bench --tune [options]

Measures speed on this machine, interleaved and with warm caches: one embedding (by default and by NCNN
layer by layer), embeddings per second, detection, the stages of verifying two photos, the time to open
a model and to compute the first embedding, memory, and sizes on disk. Takes about 30 seconds.
With --tune, tries the options of open() and prints the best ones as code to paste.

  --model NAME       one model (default: all embedding models; --tune: seesaw-shuffle)
  --threads LIST     thread counts, such as 1,2,4 (default 1,2)
  --seconds S        time per measurement (default 2; --tune: 1.5 per candidate)
  --device vulkan    also time embeddings on a GPU; --tune does so if there is one
  --photo FILE       photo to verify; give it twice for two (default: generated, 12 megapixels)
  --svg FILE.svg     draw the times as a chart
  --tune             find the fastest options and the ones that use the fewest cores
  --model-dir DIR    folder of the models (default: the ones in this package)
  --json             print one JSON object`
}

const runningOptions = `
  --model NAME       embedding model (default seesaw-shuffle)
  --model-dir DIR    folder of the models (default: the ones in this package)
  --threads N        threads per inference (default 1), or auto: the big cores, at most 4
  --powersave CORES  run on the little or the big cores of a big.LITTLE machine (default off)
  --precision P      fp32 (default), fp16 or int8, if the CPU supports it
  --device D         cpu (default), vulkan, or auto: a GPU if its results match the CPU's
  --min-score S      minimum detection score of a face, 0 to 1 (default 0.6)
  --max-pixels N     refuse larger photos (default 52000000)
  --max-file-bytes N refuse larger image files (default 268435456)
  --json             print JSON, one object per line`

const searchOptions = `
  --search HOW       quick (default), or thorough: also finds small faces among large ones
  --min-face-size N  ignore faces smaller than N pixels
  --no-rotations     search for upright faces only, which is faster`

const generalOptions = `
  --model-dir DIR    folder of the models (default: the ones in this package)
  --json             print JSON, one object per line`

const overview = `seesawface: face verification that runs entirely on this machine.

  seesawface verify A B        decide whether two photos show the same person
  seesawface embed PHOTO…      compute the embeddings of faces
  seesawface detect PHOTO…     find faces
  seesawface align PHOTO       crop and align a face
  seesawface gallery COMMAND   keep a gallery of people, and identify faces
  seesawface watch SOURCE      follow and identify faces in a video or a camera
  seesawface eval PAIRS        measure the accuracy of a model
  seesawface calibrate         compute thresholds and probabilities from photos of people
  seesawface models            list the available models
  seesawface convert FILE      convert a PyTorch or ONNX model
  seesawface doctor            check that everything works, and suggest fixes
  seesawface build             compile the native addon on this machine
  seesawface bench             measure speed, and find the fastest options
  seesawface help [COMMAND]    show this help, or the options of a command
  seesawface version           show the versions of seesawface, NCNN and Node.js

Exit codes: 0 success (verify: same), 1 verify: different, doctor: a problem was found, 2 error.`

/** The help of a command, or of all; undefined when there is no such command. */
export function helpText(command?: string): string | undefined {
  if (command === undefined) return overview
  const text = usage[command]
  if (text === undefined || ['convert', 'bench', 'build'].includes(command)) return text
  if (['models', 'doctor'].includes(command)) return text + generalOptions
  const searches = ['verify', 'embed', 'detect', 'align', 'watch', 'gallery'].includes(command)
  return text + (searches ? searchOptions : '') + runningOptions
}

export function printHelp(text: string): void {
  // Headline in bold, the rest as it is.
  const [first = '', ...rest] = text.split('\n')
  print(colour.bold(first))
  for (const line of rest) print(line)
}
