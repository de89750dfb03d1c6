/* The token-and-duration transducer's loss for one utterance, on the CPU.  loss.py compiles it with gcc.

   A path is at lattice point (t, u): t encoder frames consumed, u labels written.  A blank moves it by 1 to
   durations - 1 frames, a label by 0 to durations - 1; the last step is a blank that ends exactly at t = frames. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define IMPOSSIBLE -1e30f
#define AT(t, u) ((size_t)(t) * columns + (u))

static inline int possible(float score) { return score > -1e29f; }

static inline float log_add(float a, float b) {
    if (a < b) { float c = a; a = b; b = c; }
    return possible(b) ? a + log1pf(expf(b - a)) : a;
}

/* forward[t, u]: log probability of all ways from the start to (t, u). */
static void sum_forward(int frames, int columns, int durations, const float *blank, const float *label,
                        const float *duration, float *forward) {
    for (int t = 0; t < frames; t++)
        for (int u = 0; u < columns; u++) {
            float sum = (t == 0 && u == 0) ? 0.f : IMPOSSIBLE;
            for (int d = 0; d < durations && d <= t; d++) {
                size_t same = AT(t - d, u), before = same - 1;
                if (d > 0 && possible(forward[same]))
                    sum = log_add(sum, forward[same] + blank[same] + duration[same * durations + d]);
                if (u > 0 && possible(forward[before]))
                    sum = log_add(sum, forward[before] + label[before] + duration[before * durations + d]);
            }
            forward[AT(t, u)] = sum;
        }
}

/* Log probability of the rest after a blank that reaches frame t. */
static float after_blank(int frames, int columns, const float *backward, int t, int u) {
    if (t < frames) return backward[AT(t, u)];
    return (t == frames && u == columns - 1) ? 0.f : IMPOSSIBLE;
}

/* backward[t, u]: log probability of all ways from (t, u) to the end. */
static void sum_backward(int frames, int columns, int durations, const float *blank, const float *label,
                         const float *duration, float *backward) {
    for (int t = frames - 1; t >= 0; t--)
        for (int u = columns - 1; u >= 0; u--) {
            size_t here = AT(t, u);
            float sum = IMPOSSIBLE;
            for (int d = 0; d < durations; d++) {
                float step = duration[here * durations + d];
                float rest = d > 0 ? after_blank(frames, columns, backward, t + d, u) : IMPOSSIBLE;
                if (possible(rest)) sum = log_add(sum, rest + blank[here] + step);
                rest = u + 1 < columns && t + d < frames ? backward[AT(t + d, u + 1)] : IMPOSSIBLE;
                if (possible(rest)) sum = log_add(sum, rest + label[here] + step);
            }
            backward[here] = sum;
        }
}

/* blank, label [frames, columns], duration [frames, columns, durations]: log probabilities; columns = labels + 1.
   Returns -log p(labels); the other three receive its gradient. */
float tdt_loss(int frames, int columns, int durations, const float *blank, const float *label,
               const float *duration, float *blank_gradient, float *label_gradient, float *duration_gradient) {
    size_t points = (size_t)frames * columns;
    float *forward = malloc(points * sizeof(float)), *backward = malloc(points * sizeof(float));
    memset(blank_gradient, 0, points * sizeof(float));
    memset(label_gradient, 0, points * sizeof(float));
    memset(duration_gradient, 0, points * durations * sizeof(float));
    sum_forward(frames, columns, durations, blank, label, duration, forward);
    sum_backward(frames, columns, durations, blank, label, duration, backward);
    float total = backward[0];
    for (int t = 0; possible(total) && t < frames; t++)
        for (int u = 0; u < columns; u++) {
            size_t here = AT(t, u);
            if (!possible(forward[here])) continue;
            for (int d = 0; d < durations; d++) {
                float so_far = forward[here] - total + duration[here * durations + d];
                float rest = d > 0 ? after_blank(frames, columns, backward, t + d, u) : IMPOSSIBLE;
                float share = possible(rest) ? expf(so_far + blank[here] + rest) : 0.f;
                blank_gradient[here] -= share;
                duration_gradient[here * durations + d] -= share;
                rest = u + 1 < columns && t + d < frames ? backward[AT(t + d, u + 1)] : IMPOSSIBLE;
                share = possible(rest) ? expf(so_far + label[here] + rest) : 0.f;
                label_gradient[here] -= share;
                duration_gradient[here * durations + d] -= share;
            }
        }
    free(forward);
    free(backward);
    return -total;
}

static float log_sum(const float *scores, int count) {
    float most = scores[0], sum = 0.f;
    for (int k = 1; k < count; k++) most = scores[k] > most ? scores[k] : most;
    for (int k = 0; k < count; k++) sum += expf(scores[k] - most);
    return most + logf(sum);
}

/* logits [points, tokens + durations], the blank being the last token; next [points]: the next label or -1.
   norms [points, 2] receives what joint_backward needs. */
void joint_forward(int points, int tokens, int durations, const float *logits, const int *next, float *blank,
                   float *label, float *duration, float *norms) {
    for (int i = 0; i < points; i++) {
        const float *row = logits + (size_t)i * (tokens + durations);
        norms[2 * i] = log_sum(row, tokens);
        norms[2 * i + 1] = log_sum(row + tokens, durations);
        blank[i] = row[tokens - 1] - norms[2 * i];
        label[i] = next[i] >= 0 ? row[next[i]] - norms[2 * i] : IMPOSSIBLE;
        for (int k = 0; k < durations; k++)
            duration[(size_t)i * durations + k] = row[tokens + k] - norms[2 * i + 1];
    }
}

/* Turns the logits, in place, into their gradient. */
void joint_backward(int points, int tokens, int durations, float *logits, const int *next, const float *blank,
                    const float *label, const float *duration, const float *norms) {
    for (int i = 0; i < points; i++) {
        float *row = logits + (size_t)i * (tokens + durations), *steps = row + tokens, sum = 0.f;
        const float *step_gradient = duration + (size_t)i * durations;
        float weight = -(blank[i] + label[i]);
        if (weight == 0.f) {
            memset(row, 0, (tokens + durations) * sizeof(float));
            continue;
        }
        for (int k = 0; k < tokens; k++) row[k] = weight * expf(row[k] - norms[2 * i]);
        row[tokens - 1] += blank[i];
        if (next[i] >= 0) row[next[i]] += label[i];
        for (int k = 0; k < durations; k++) sum += step_gradient[k];
        for (int k = 0; k < durations; k++)
            steps[k] = step_gradient[k] - sum * expf(steps[k] - norms[2 * i + 1]);
    }
}
