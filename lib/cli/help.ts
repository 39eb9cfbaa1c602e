import { colour, print } from './output.js'

const usage: Readonly<Record<string, string>> = {
  verify: `seesawface verify A B [options]

Tells whether two photos show the same person. Exit code 0: same, 1: different, 2: error.

  --far RATE         false accept rate to decide at, e.g. 1e-3; the model's default otherwise
  --threshold X      decide at this similarity instead (-1 to 1)`,
  embed: `seesawface embed PHOTO… [options]

Embeds the most prominent face of each photo. With --json, one object a line, which
FaceEmbedding.fromJSON reads; without, a summary.

  --min-quality Q    refuse faces of a lower overall quality, 0 to 1
  --template         the photos are of one person: a single embedding from all of them
`,
  detect: `seesawface detect PHOTO… [options]

Lists all faces of each photo, best score first: boxes, scores, quality and, with --json, landmarks.

  --draw FILE        write the photo with its faces marked (.png, .jpg or .webp)
  --force            write over a file that exists
`,
  align: `seesawface align PHOTO --out FILE [options]

Writes the most prominent face as embedding networks take it: 112×112, aligned to the ArcFace
template by its landmarks. FILE ends in .png, .jpg or .webp; .png keeps every pixel.

  --all              every face, best score first: FILE-1, FILE-2 … before the ending
  --force            write over files that exist
`,
  eval: `seesawface eval PAIRS (--photos DIR | --crops DIR) [options]

Measures a model on pairs of photos: accuracy by cross-validation, equal error rate, area under the
curve, and true accept rates with 95 % bootstrap intervals and the counts behind them. PAIRS is the
pairs.txt of Labeled Faces in the Wild, or CSV with a heading: a,b,same and, if you have them,
fold,person_a,person_b.

  --photos DIR       whole photos: detection and alignment are part of what is measured
  --crops DIR        faces aligned to the ArcFace template, 112×112
  --plot FILE.svg    draw the ROC curve and the scores
  --dataset NAME     how the data set is called (default: the name of the list)
  --write            put the accuracy into the model's manifest

seesawface eval all-pairs (FOLDER | LIST) [options]

Compares every photo with every other one: true accept rates at false accept rates from 10 % to one in
a million, with the counts behind them and 95 % intervals by drawing people again. FOLDER holds a
folder of photos for each person; LIST is CSV with a heading, path,person and, if you have it, family:
pairs of one family are neither the same person nor strangers.

  --crops            the photos are faces aligned to the ArcFace template, 112×112
  --root DIR         where the paths of LIST begin (default: where LIST is)
  --exclude FILE     skip these people or photos, one a line; # begins a remark
  --embeddings F.npy embeddings computed elsewhere: float32, one row for each line of LIST
  --save-embeddings F.npy  write the embeddings, and the list of them as F.csv
  --plot FILE.svg    draw the detection error trade-off (DET)
  --dataset NAME     how the data set is called
  --seed N           of what is drawn at random (default 1)

seesawface eval identify (FOLDER | LIST) [options]

Searches for people among those enrolled, and for strangers, who never are (ISO/IEC 19795-1): how many
of the enrolled are missed (FNIR) where one search for a stranger in 10, 100 or 1000 finds somebody
(FPIR). Several galleries are drawn. Takes the options of all-pairs, and

  --enrol LIST       photos that people are enrolled with (default 1,3,5)
  --galleries LIST   people enrolled (default 100, 1000, … as far as there are people)
  --draws N          galleries drawn of each size (default 10)
  --probes N         photos that a person is searched with, at most (default 3)`,
  calibrate: `seesawface calibrate (--photos DIR | --crops DIR) [options]

Thresholds for false accept rates, and a map from similarity to probability, from photos of people
who are in no training and no test set. DIR holds a folder of photos for each person. Each threshold
has a 95 % interval, by drawing people again; a rate that may be more than twice what it says is not
offered. Rates too small to be counted come from a fitted tail and are marked so. Damaged photos are
reported and skipped.

  --list FILE        which photos of DIR, and whose: CSV with a heading path,person[,family]
  --exclude-pairs F  skip the people on this list of pairs
  --exclude FILE     skip these people or photos, one a line; # begins a remark
  --templates        thresholds for templates of 2, 3 and 5 photos too
  --dataset NAME     how the photos are called in the manifest
  --write            put the calibration into the model's manifest`,
  models: `seesawface models [options]

Lists the models at hand: size, files, accuracy, calibration and terms of use.
`,
  convert: `seesawface convert FILE --network NAME [options]

Makes a model of a PyTorch checkpoint or an ONNX face model. Needs Python with PyTorch and pnnx.
The file is checked key by key, and nothing is written unless the result computes the same.

  --network NAME     what the file is of: seesaw-share, seesaw-shuffle, seesaw-shuffle-mobi,
                     dw-seesaw-v1, dw-seesaw-v2, mobilefacenet-512 (-128, -512-swish, -128-swish),
                     mobiface, arcface-r100, or onnx
  --name NAME        of the model (default: the network's, or the ONNX file's)
  --out DIR          where the model goes (default: models)
  --input ORDER      of channels, bgr or rgb; ONNX models need it,
  --mean X           what is subtracted from 0–255, one number or three with commas,
  --norm X           and what the rest is multiplied by, such as 0.0078125 or 1/128
  --weights W        fp16 (default) or fp32
  --licence SPDX     of the weights; --terms TEXT, --source TEXT: for the manifest
  --force            replace a model of that name
  --pairs FILE       calibrate: pairs.txt as of LFW, with --photos DIR or aligned --crops DIR
  --json             for programs: the outcome as JSON`,
  doctor: `seesawface doctor [options]

Tells what seesawface found on this machine and whether it works: the addon and why it was chosen,
NCNN, processor, models and a self-test; each problem with its remedy. Exit code 0: all works,
1: something needs mending.

  --here             examine in this process; a crash of the addon then ends it too`,
  build: `seesawface build [options]

Compiles the native addon on this machine, for platforms without a prebuilt binary, and tries to load
it. Requires a C++ compiler, CMake, Ninja or Make, and Python 3; fetches NCNN and libjpeg-turbo unless
they are in the cache. Takes a few minutes the first time.

  --vulkan           build it for GPUs too
  --clean            configure anew, as after a change of compiler
  --jobs N           compilers to run at once (default: one for each core)
  --json             for programs: JSON`,
  bench: `seesawface bench [options]
seesawface bench --tune [options]

Measures speed on this machine, in turns and with warm caches: one embedding as it is computed by
default and by NCNN layer by layer, embeddings a second, detection, verification of two photos by
stage, the time to open a model and to embed first, memory, and sizes on disk. Some half a minute.
With --tune, tries the options of open() and prints the best ones as code to paste.

  --model NAME       one model (default: all embedding models; --tune: seesaw-shuffle)
  --threads LIST     numbers of threads, such as 1,2,4 (default 1,2)
  --seconds S        for each measurement (default 2; --tune: 1.5 for each candidate)
  --device vulkan    time embeddings on a GPU too; --tune does so wherever there is one
  --photo FILE       verify this photo; twice for two of them (default: drawn, 12 megapixels)
  --svg FILE.svg     draw the times
  --tune             which options are quickest here, and which need the fewest cores
  --model-dir DIR    where the models are (default: those of this package)
  --json             for programs: one JSON object`
}

const runningOptions = `
  --model NAME       embedding model (default seesaw-shuffle)
  --model-dir DIR    where the models are (default: those of this package)
  --threads N        threads for one inference (default 1), or auto: the big cores, at most 4
  --powersave CORES  keep to the little or the big cores of a big.LITTLE machine (default off)
  --precision P      fp32 (default), fp16 or int8, on CPUs that have it
  --device D         what embeds: cpu (default), vulkan, or auto (a GPU if it computes rightly)
  --min-score S      how sure the detector must be of a face, 0 to 1 (default 0.6)
  --max-pixels N     refuse larger photos (default 52000000)
  --json             for programs: JSON, one object a line`

const searchOptions = `
  --search HOW       quick (default), or thorough: all sizes, for small faces among large ones
  --min-face-size N  leave out faces smaller than N pixels
  --no-rotations     upright faces only, which is faster`

const generalOptions = `
  --model-dir DIR    where the models are (default: those of this package)
  --json             for programs: JSON, one object a line`

const overview = `seesawface: whose face is it? On this machine, without a network.

  seesawface verify A B        do two photos show the same person?
  seesawface embed PHOTO…      embeddings of faces
  seesawface detect PHOTO…     where are faces?
  seesawface align PHOTO       cut out and align a face
  seesawface eval PAIRS        how accurate is a model on these pairs of photos?
  seesawface calibrate         thresholds and probabilities from photos of people
  seesawface models            the models at hand
  seesawface convert FILE      a model of your own, from PyTorch or ONNX
  seesawface doctor            does everything work here, and if not, what helps?
  seesawface build             compile the native addon on this machine
  seesawface bench             how fast is it here, and with which options is it fastest?
  seesawface help [COMMAND]    this, or a command's options
  seesawface version           versions of seesawface, NCNN and Node

Exit codes: 0 success (verify: same), 1 verify: different, doctor: something is wrong, 2 error.`

/** The help of a command, or of all; undefined when there is no such command. */
export function helpText(command?: string): string | undefined {
  if (command === undefined) return overview
  const text = usage[command]
  if (text === undefined || ['convert', 'bench', 'build'].includes(command)) return text
  if (['models', 'doctor'].includes(command)) return text + generalOptions
  const searches = ['verify', 'embed', 'detect', 'align'].includes(command)
  return text + (searches ? searchOptions : '') + runningOptions
}

export function printHelp(text: string): void {
  // Headline in bold, the rest as it is.
  const [first = '', ...rest] = text.split('\n')
  print(colour.bold(first))
  for (const line of rest) print(line)
}
