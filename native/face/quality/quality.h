// How good a face in a photo is for recognising a person.
#pragma once

#include "face/picture/pixels.h"
#include "face/quality/pose.h"
#include "face/types.h"

namespace seesaw {

struct Quality {
  double overall = 0;    // 0 to 1: how far the embedding is to be trusted, see quality_model.h
  double sharpness = 0;  // 0 (no detail) to 1
  double exposure = 0;   // 0 (black, white or without contrast) to 1
  double size = 0;       // between the eyes, in pixels of the photo
  Pose pose;
};

/**
 * How much of the fine detail of an aligned crop a blur takes away: 1 - the perceptual blur of
 * Crete, Dolmiere, Ladret and Nicolas, "The blur effect: perception and estimation with a new
 * no-reference perceptual blur metric" (SPIE 2007), on the part of the crop that is face.
 */
double sharpness_of(const Image& aligned);

/** What exposure_of() is made of; brightness from 0 (black) to 1 (white). */
struct Light {
  double mean = 0;
  double spread = 0;   // standard deviation
  double clipped = 0;  // share of pixels next to black or white
};

Light light_of(const Image& aligned);

/**
 * 1 for a face whose mean is between 0.2 and 0.8 and whose spread is at least 0.08, so that neither
 * dark nor light skin costs anything in a good photo; falls to 0 at black, white and grey, and by
 * the share of clipped pixels.
 */
double exposure_of(const Light& light);

/** @param aligned the face's crop, from align() */
Quality quality_of(const Face& face, const Image& aligned);

}  // namespace seesaw
