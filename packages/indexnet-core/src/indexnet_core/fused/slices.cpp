// One-to-one index functions with IP and IU (Section 4), on the CPU in channels_last: one pass over memory.
//
// Pooling predicts the indices of a region, writes the decoder's map for upsampling, and normalises and
// applies the encoder's on the way. Values are copied into a tile of 256 lanes that stays in the first cache;
// a lane is one channel of one region. All arithmetic works on rows of a tile in float32, so that every loop
// is vectorised, and bfloat16 is a matter of loading and storing. compiled.py builds this file and calls it;
// slices.py describes the table of weights.

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr long LANES = 256;

// Rows of a tile and of the weights never overlap, so all lanes are independent.
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#define FOR_LANES INDEPENDENT for (long at = 0; at < lanes; at++)

// Rows of a tile: four positions each, one for VALUE.
constexpr long X = 0, INDEX = 4, VALUE = 8, UPPER = 9, GRAD = 13, LOGIT = 17, ROWS = 21;

struct alignas(64) Tile {
    float rows[ROWS][LANES];
};

struct bfloat16 {
    uint16_t bits;
};

inline float to_float(float value) { return value; }

inline float to_float(bfloat16 value) {
    const uint32_t bits = uint32_t(value.bits) << 16;
    float wide;
    std::memcpy(&wide, &bits, 4);
    return wide;
}

inline void assign(float& to, float value) { to = value; }

// Rounds to nearest even. The bits of a NaN are set such that it stays one.
inline void assign(bfloat16& to, float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    to.bits = uint16_t((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded);
}

// The place of a tile in the maps: some regions of one row of regions, and some channels.
struct Place {
    long column, regions, channel, width;
    long lanes() const { return regions * width; }
};

// Pixels `step` apart in a row of pixels with `channels` values each.
template <typename T>
void load(float* __restrict row, const T* __restrict pixels, long channels, long step, const Place& at) {
    for (long region = 0; region < at.regions; region++) {
        const T* pixel = pixels + region * step * channels + at.channel;
        for (long lane = 0; lane < at.width; lane++) row[region * at.width + lane] = to_float(pixel[lane]);
    }
}

template <typename T>
void store(T* __restrict pixels, const float* __restrict row, long channels, long step, const Place& at) {
    for (long region = 0; region < at.regions; region++) {
        T* pixel = pixels + region * step * channels + at.channel;
        for (long lane = 0; lane < at.width; lane++) assign(pixel[lane], row[region * at.width + lane]);
    }
}

// exp(-z), its argument limited to +-20.8, beyond which a sigmoid is 0 or 1 within 1e-9.
inline float power(float z) {
    float t = z * -1.44269504f;
    t = t < -30.0f ? -30.0f : t;
    t = t > 30.0f ? 30.0f : t;
    const int32_t whole = int32_t(t + 30.5f) - 30;
    const float f = t - float(whole);
    float p = 1.339086336e-3f;  // 2^f for |f| <= 1/2, interpolated at Chebyshev nodes: relative error 1e-7
    p = p * f + 9.676031918e-3f;
    p = p * f + 5.550357114e-2f;
    p = p * f + 2.402210749e-1f;
    p = p * f + 6.931471880e-1f;
    p = p * f + 1.000000075f;
    const int32_t bits = (whole + 127) << 23;
    float scale;
    std::memcpy(&scale, &bits, 4);
    return p * scale;
}

// exp(s - 1/2) for s in [0, 1]; the factor cancels in a softmax.
inline float unit_power(float s) {
    const float t = s - 0.5f;
    float p = 1.399777338e-3f;  // interpolated at Chebyshev nodes: relative error 4e-8
    p = p * t + 8.420516593e-3f;
    p = p * t + 4.166530419e-2f;
    p = p * t + 1.666557546e-1f;
    p = p * t + 5.000000426e-1f;
    p = p * t + 1.000000341f;
    return p * t + 1.0f;
}

// The weights of all lanes: rows of a table as slices.py describes it; `units` hidden units a position, or
// none.
struct Weights {
    const float* rows;
    long units;
    const float* row(long index) const { return rows + index * LANES; }
    const float* hidden(long p, long unit) const { return row(4 * (p * units + unit)); }
    const float* shift(long p, long unit) const { return row(16 * units + p * units + unit); }
    const float* out(long p, long unit) const { return row(20 * units + p * units + unit); }
};

inline float dot(const float* w, const float* x, long at) {
    return w[at] * x[at] + w[LANES + at] * x[LANES + at] + w[2 * LANES + at] * x[2 * LANES + at] +
           w[3 * LANES + at] * x[3 * LANES + at];
}

struct Four {
    float a, b, c, d;
};

// Four sigmoids with one division.
inline Four sigmoids(float za, float zb, float zc, float zd) {
    const float a = 1.0f + power(za), b = 1.0f + power(zb), c = 1.0f + power(zc), d = 1.0f + power(zd);
    const float ab = a * b, cd = c * d, inverse = 1.0f / (ab * cd);
    const float of_ab = cd * inverse, of_cd = ab * inverse;
    return {b * of_ab, a * of_ab, d * of_cd, c * of_cd};
}

inline void write(float* rows, long at, Four values) {
    rows[at] = values.a, rows[LANES + at] = values.b, rows[2 * LANES + at] = values.c,
    rows[3 * LANES + at] = values.d;
}

// X -> INDEX, the decoder's map sigmoid(z).
void compute_indices(Tile& tile, const Weights& weights, long lanes) {
    const float* __restrict x = tile.rows[X];
    float* __restrict index = tile.rows[INDEX];
    if (weights.units == 0) {
        const float* __restrict w = weights.rows;
        FOR_LANES {
            const float* v = w + 8 * LANES;
            write(
                index, at,
                sigmoids(dot(w, x, at), dot(w + 4 * LANES, x, at), dot(v, x, at), dot(v + 4 * LANES, x, at)));
        }
        return;
    }
    for (long p = 0; p < 4; p++) {
        float* __restrict z = index + p * LANES;
        for (long unit = 0; unit < weights.units; unit++) {
            const float* __restrict w = weights.hidden(p, unit);
            const float* __restrict b = weights.shift(p, unit);
            const float* __restrict v = weights.out(p, unit);
            FOR_LANES {
                float value = b[at] + dot(w, x, at);
                value = value < 0.0f ? 0.0f : value;
                value = value > 6.0f ? 6.0f : value;
                z[at] = (unit == 0 ? 0.0f : z[at]) + v[at] * value;
            }
        }
    }
    FOR_LANES write(index, at,
                    sigmoids(index[at], index[LANES + at], index[2 * LANES + at], index[3 * LANES + at]));
}

// LOGIT -> GRAD (added) and the weights' gradients (added); overwrites VALUE.
void propagate_to_feature(Tile& tile, const Weights& weights, float* sums, long lanes) {
    const float* __restrict x = tile.rows[X];
    float* __restrict grad = tile.rows[GRAD];
    for (long p = 0; p < 4; p++) {
        const float* __restrict z = tile.rows[LOGIT + p];
        if (weights.units == 0) {
            for (long q = 0; q < 4; q++) {
                const float* __restrict w = weights.row(4 * p + q);
                float* __restrict sum = sums + (4 * p + q) * LANES;
                FOR_LANES {
                    grad[q * LANES + at] += w[at] * z[at];
                    sum[at] += x[q * LANES + at] * z[at];
                }
            }
        }
        for (long unit = 0; unit < weights.units; unit++) {
            const long place = p * weights.units + unit;
            const float* __restrict w = weights.hidden(p, unit);
            const float* __restrict b = weights.shift(p, unit);
            const float* __restrict v = weights.out(p, unit);
            float* __restrict of_w = sums + 4 * place * LANES;
            float* __restrict of_b = sums + (16 * weights.units + place) * LANES;
            float* __restrict of_v = sums + (20 * weights.units + place) * LANES;
            float* __restrict of_unit = tile.rows[VALUE];
            FOR_LANES {
                const float value = b[at] + dot(w, x, at);
                float clipped = value < 0.0f ? 0.0f : value;
                clipped = clipped > 6.0f ? 6.0f : clipped;
                const float inside = value > 0.0f && value < 6.0f ? z[at] * v[at] : 0.0f;
                of_v[at] += z[at] * clipped;
                of_b[at] += inside;
                of_unit[at] = inside;
            }
            for (long q = 0; q < 4; q++) FOR_LANES {
                    grad[q * LANES + at] += w[q * LANES + at] * of_unit[at];
                    of_w[q * LANES + at] += x[q * LANES + at] * of_unit[at];
                }
        }
    }
}

// X and INDEX -> VALUE, the pooled map; UPPER, the weighted feature, where wanted.
template <bool WEIGHTED>
void pool_tile(Tile& tile, long lanes) {
    const float* __restrict x = tile.rows[X];
    const float* __restrict index = tile.rows[INDEX];
    float* __restrict pooled = tile.rows[VALUE];
    float* __restrict full = tile.rows[UPPER];
    FOR_LANES {
        float a = unit_power(index[at]), b = unit_power(index[LANES + at]);
        float c = unit_power(index[2 * LANES + at]), d = unit_power(index[3 * LANES + at]);
        const float inverse = 1.0f / (a + b + c + d);
        a *= x[at], b *= x[LANES + at], c *= x[2 * LANES + at], d *= x[3 * LANES + at];
        pooled[at] = (a + b + c + d) * inverse;
        if (WEIGHTED) {
            full[at] = a * inverse;
            full[LANES + at] = b * inverse;
            full[2 * LANES + at] = c * inverse;
            full[3 * LANES + at] = d * inverse;
        }
    }
}

// X, INDEX, VALUE (gradient of the pooled map), UPPER (of the weighted one) and LOGIT (of the decoder's map)
// -> GRAD, and LOGIT through softmax and sigmoid.
template <bool WEIGHTED>
void pool_tile_backward(Tile& tile, long lanes) {
    const float* __restrict x = tile.rows[X];
    const float* __restrict index = tile.rows[INDEX];
    const float* __restrict above = tile.rows[VALUE];
    const float* __restrict upper = tile.rows[UPPER];
    float* __restrict grad = tile.rows[GRAD];
    float* __restrict logit = tile.rows[LOGIT];
    FOR_LANES {
        const float s0 = index[at], s1 = index[LANES + at], s2 = index[2 * LANES + at],
                    s3 = index[3 * LANES + at];
        float e0 = unit_power(s0), e1 = unit_power(s1), e2 = unit_power(s2), e3 = unit_power(s3);
        const float inverse = 1.0f / (e0 + e1 + e2 + e3);
        e0 *= inverse, e1 *= inverse, e2 *= inverse, e3 *= inverse;
        float g0 = above[at], g1 = g0, g2 = g0, g3 = g0;
        if (WEIGHTED) {
            g0 += upper[at], g1 += upper[LANES + at];
            g2 += upper[2 * LANES + at], g3 += upper[3 * LANES + at];
        }
        grad[at] = e0 * g0, grad[LANES + at] = e1 * g1;
        grad[2 * LANES + at] = e2 * g2, grad[3 * LANES + at] = e3 * g3;
        g0 *= x[at], g1 *= x[LANES + at], g2 *= x[2 * LANES + at], g3 *= x[3 * LANES + at];
        const float mean = e0 * g0 + e1 * g1 + e2 * g2 + e3 * g3;
        logit[at] = (logit[at] + e0 * (g0 - mean)) * s0 * (1.0f - s0);
        logit[LANES + at] = (logit[LANES + at] + e1 * (g1 - mean)) * s1 * (1.0f - s1);
        logit[2 * LANES + at] = (logit[2 * LANES + at] + e2 * (g2 - mean)) * s2 * (1.0f - s2);
        logit[3 * LANES + at] = (logit[3 * LANES + at] + e3 * (g3 - mean)) * s3 * (1.0f - s3);
    }
}

// Maps of `width` regions a row; the pooled feature has `channels`, y has `narrow` channels, for each of
// which those of the map are merged to their mean or maximum; `units` as in Weights.
struct Sizes {
    long width, channels, narrow, units, maximum;
    long rows() const { return units == 0 ? 16 : 24 * units; }
};

// Calls work(row of regions, place, chunk) for all tiles of the rows of regions `first` to `last`.
template <typename Work>
void for_tiles(const Sizes& sizes, long first, long last, Work work) {
    const long most = sizes.channels < LANES ? LANES / sizes.channels : 1;
    for (long row = first; row < last; row++)
        for (long column = 0; column < sizes.width; column += most)
            for (long channel = 0; channel < sizes.channels; channel += LANES) {
                const long regions = most < sizes.width - column ? most : sizes.width - column;
                const long left = sizes.channels - channel;
                work(row, Place{column, regions, channel, left < LANES ? left : LANES}, channel / LANES);
            }
}

// Position p of the regions of one row, in a map of twice the width.
template <typename T>
T* position(T* map, long row, long p, long channels, const Sizes& sizes, const Place& at) {
    return map + ((2 * row + p / 2) * 2 * sizes.width + 2 * at.column + p % 2) * channels;
}

template <typename T>
T* region(T* map, long row, long channels, const Sizes& sizes, const Place& at) {
    return map + (row * sizes.width + at.column) * channels;
}

// Four rows of a tile from, and to, the positions of its regions.
template <typename T>
void load_positions(float (*rows)[LANES], const T* map, long row, const Sizes& sizes, const Place& at) {
    for (long p = 0; p < 4; p++)
        load(rows[p], position(map, row, p, sizes.channels, sizes, at), sizes.channels, 2, at);
}

template <typename T>
void store_positions(T* map, const float (*rows)[LANES], long row, const Sizes& sizes, const Place& at) {
    for (long p = 0; p < 4; p++)
        store(position(map, row, p, sizes.channels, sizes, at), rows[p], sizes.channels, 2, at);
}

// The four positions of one region, in a map with `stride` values a row of pixels.
template <typename T>
struct Region {
    T *a, *b, *c, *d;
    Region(T* first, long channels, long stride)
        : a(first), b(first + channels), c(first + stride), d(first + stride + channels) {}
};

// What `pool` does for linear networks without a weighted feature, straight from memory to memory: a third
// faster.
template <typename T>
void pool_linear(const T* x, const float* table, T* pooled, T* decoder, const Sizes& sizes, long first,
                 long last) {
    const long channels = sizes.channels, stride = 2 * sizes.width * channels;
    for (long at = first * sizes.width; at < last * sizes.width; at++) {
        const long corner = at / sizes.width * 2 * stride + at % sizes.width * 2 * channels;
        for (long channel = 0; channel < channels; channel += LANES) {
            const long lanes = channels - channel < LANES ? channels - channel : LANES;
            const Region<const T> from(x + corner + channel, channels, stride);
            const Region<T> to(decoder + corner + channel, channels, stride);
            const float* w = table + channel * 16;
            T* out = pooled + at * channels + channel;
            INDEPENDENT for (long lane = 0; lane < lanes; lane++) {
                const float xa = to_float(from.a[lane]), xb = to_float(from.b[lane]);
                const float xc = to_float(from.c[lane]), xd = to_float(from.d[lane]);
                const auto z = [&](long p) {
                    const float* row = w + 4 * p * LANES + lane;
                    return row[0] * xa + row[LANES] * xb + row[2 * LANES] * xc + row[3 * LANES] * xd;
                };
                const Four s = sigmoids(z(0), z(1), z(2), z(3));
                assign(to.a[lane], s.a), assign(to.b[lane], s.b), assign(to.c[lane], s.c),
                    assign(to.d[lane], s.d);
                const float a = unit_power(s.a), b = unit_power(s.b), c = unit_power(s.c),
                            d = unit_power(s.d);
                assign(out[lane], (a * xa + b * xb + c * xc + d * xd) / (a + b + c + d));
            }
        }
    }
}

template <typename T>
void pool(const T* x, const float* table, T* pooled, T* full, T* decoder, const Sizes& sizes, long first,
          long last) {
    if (sizes.units == 0 && full == nullptr)
        return pool_linear(x, table, pooled, decoder, sizes, first, last);
    Tile tile;
    for_tiles(sizes, first, last, [&](long row, const Place& at, long chunk) {
        load_positions(tile.rows + X, x, row, sizes, at);
        compute_indices(tile, Weights{table + chunk * sizes.rows() * LANES, sizes.units}, at.lanes());
        store_positions(decoder, tile.rows + INDEX, row, sizes, at);
        if (full != nullptr) {
            pool_tile<true>(tile, at.lanes());
            store_positions(full, tile.rows + UPPER, row, sizes, at);
        } else {
            pool_tile<false>(tile, at.lanes());
        }
        store(region(pooled, row, sizes.channels, sizes, at), tile.rows[VALUE], sizes.channels, 1, at);
    });
}

template <typename T>
void pool_backward(const T* grad, const T* grad_full, const T* grad_decoder, const T* x, const T* decoder,
                   const float* table, T* grad_x, double* sums, const Sizes& sizes, long first, long last) {
    Tile tile;
    std::memset(&tile, 0, sizeof(tile));
    std::vector<float> of_row((sizes.channels + LANES - 1) / LANES * sizes.rows() * LANES);
    const auto backward = [&](long row, const Place& at, long chunk) {
        load_positions(tile.rows + X, x, row, sizes, at);
        load_positions(tile.rows + INDEX, decoder, row, sizes, at);
        if (grad_decoder != nullptr) {
            load_positions(tile.rows + LOGIT, grad_decoder, row, sizes, at);
        } else {
            std::memset(tile.rows[LOGIT], 0, 4 * LANES * sizeof(float));
        }
        load(tile.rows[VALUE], region(grad, row, sizes.channels, sizes, at), sizes.channels, 1, at);
        if (grad_full != nullptr) {
            load_positions(tile.rows + UPPER, grad_full, row, sizes, at);
            pool_tile_backward<true>(tile, at.lanes());
        } else {
            pool_tile_backward<false>(tile, at.lanes());
        }
        const long start = chunk * sizes.rows() * LANES;
        propagate_to_feature(tile, Weights{table + start, sizes.units}, of_row.data() + start, at.lanes());
        store_positions(grad_x, tile.rows + GRAD, row, sizes, at);
    };
    for (long row = first; row < last; row++) {  // float sums of one row, double sums of all
        for_tiles(sizes, row, row + 1, backward);
        for (size_t at = 0; at < of_row.size(); at++) sums[at] += of_row[at], of_row[at] = 0.0f;
    }
}

// Sums of the four values of a region and of their ten products, for each lane: the moments of a hidden
// layer's input.
template <typename T>
void moments(const T* x, double* sums, const Sizes& sizes, long first, long last) {
    Tile tile;
    std::vector<float> of_row((sizes.channels + LANES - 1) / LANES * 14 * LANES);
    const auto add = [&](long row, const Place& at, long chunk) {
        load_positions(tile.rows + X, x, row, sizes, at);
        const float* __restrict values = tile.rows[X];
        for (long q = 0, next = 4; q < 4; q++) {
            const float* __restrict one = values + q * LANES;
            float* __restrict total = of_row.data() + (chunk * 14 + q) * LANES;
            for (long lane = 0; lane < at.lanes(); lane++) total[lane] += one[lane];
            for (long r = q; r < 4; r++, next++) {
                const float* __restrict other = values + r * LANES;
                float* __restrict product = of_row.data() + (chunk * 14 + next) * LANES;
                for (long lane = 0; lane < at.lanes(); lane++) product[lane] += one[lane] * other[lane];
            }
        }
    };
    for (long row = first; row < last; row++) {
        for_tiles(sizes, row, row + 1, add);
        for (size_t at = 0; at < of_row.size(); at++) sums[at] += of_row[at], of_row[at] = 0.0f;
    }
}

// Their gradient: position q of the result is row q of the table plus the product of four more rows with the
// region.
template <typename T>
void moments_backward(const T* x, const float* table, T* grad_x, const Sizes& sizes, long first, long last) {
    Tile tile;
    for_tiles(sizes, first, last, [&](long row, const Place& at, long chunk) {
        load_positions(tile.rows + X, x, row, sizes, at);
        const float* __restrict values = tile.rows[X];
        for (long q = 0; q < 4; q++) {
            const float* __restrict constant = table + (chunk * 20 + q) * LANES;
            const float* __restrict w = table + (chunk * 20 + 4 + 4 * q) * LANES;
            float* __restrict grad = tile.rows[GRAD + q];
            const long lanes = at.lanes();
            INDEPENDENT for (long lane = 0; lane < lanes; lane++) grad[lane] =
                constant[lane] + dot(w, values, lane);
        }
        store_positions(grad_x, tile.rows + GRAD, row, sizes, at);
    });
}

// `rate` channels of a map that guide one channel of y, merged to their mean or maximum.
template <typename T, bool MAXIMUM>
inline float merge(const T* members, long rate) {
    float merged = to_float(members[0]);
    for (long member = 1; member < rate; member++) {
        const float value = to_float(members[member]);
        merged = MAXIMUM ? (value > merged ? value : merged) : merged + value;
    }
    return MAXIMUM ? merged : merged / float(rate);
}

// RATE is known to the compiler, or 0.
template <typename T, bool MAXIMUM, long RATE>
void upsample_merged(const T* y, const T* decoder, T* result, const Sizes& sizes, long first, long last) {
    const long narrow = sizes.narrow, rate = RATE > 0 ? RATE : sizes.channels / narrow;
    const long stride = 2 * sizes.width * narrow;
    for (long at = first * sizes.width; at < last * sizes.width; at++) {
        const long corner = at / sizes.width * 2 * stride + at % sizes.width * 2 * narrow;
        const Region<const T> from(decoder + corner * rate, narrow * rate, stride * rate);
        const Region<T> to(result + corner, narrow, stride);
        const T* values = y + at * narrow;
        INDEPENDENT for (long lane = 0; lane < narrow; lane++) {
            const float value = to_float(values[lane]);
            assign(to.a[lane], merge<T, MAXIMUM>(from.a + lane * rate, rate) * value);
            assign(to.b[lane], merge<T, MAXIMUM>(from.b + lane * rate, rate) * value);
            assign(to.c[lane], merge<T, MAXIMUM>(from.c + lane * rate, rate) * value);
            assign(to.d[lane], merge<T, MAXIMUM>(from.d + lane * rate, rate) * value);
        }
    }
}

// The gradient of merged channels, divided among them: evenly, or among those that are the maximum.
template <typename T, bool MAXIMUM>
inline void divide(float grad, float merged, const T* members, T* grads, long rate) {
    float count = MAXIMUM ? 0.0f : float(rate);
    for (long member = 0; MAXIMUM && member < rate; member++)
        count += to_float(members[member]) == merged ? 1.0f : 0.0f;
    const float part = grad / count;
    for (long member = 0; member < rate; member++)
        assign(grads[member], !MAXIMUM || to_float(members[member]) == merged ? part : 0.0f);
}

template <typename T, bool MAXIMUM, long RATE>
void upsample_merged_backward(const T* grad, const T* y, const T* decoder, T* grad_y, T* grad_decoder,
                              const Sizes& sizes, long first, long last) {
    const long narrow = sizes.narrow, rate = RATE > 0 ? RATE : sizes.channels / narrow;
    const long stride = 2 * sizes.width * narrow;
    for (long at = first * sizes.width; at < last * sizes.width; at++) {
        const long corner = at / sizes.width * 2 * stride + at % sizes.width * 2 * narrow;
        const Region<const T> from(decoder + corner * rate, narrow * rate, stride * rate);
        const Region<T> to(grad_decoder + corner * rate, narrow * rate, stride * rate);
        const Region<const T> above(grad + corner, narrow, stride);
        const T* values = y + at * narrow;
        T* sums = grad_y + at * narrow;
        INDEPENDENT for (long lane = 0; lane < narrow; lane++) {
            const float value = to_float(values[lane]);
            float total = 0;
            const auto add = [&](const T* upper, const T* members, T* grads) {
                const float g = to_float(upper[lane]);
                const float merged = merge<T, MAXIMUM>(members + lane * rate, rate);
                total += g * merged;
                divide<T, MAXIMUM>(g * value, merged, members + lane * rate, grads + lane * rate, rate);
            };
            add(above.a, from.a, to.a);
            add(above.b, from.b, to.b);
            add(above.c, from.c, to.c);
            add(above.d, from.d, to.d);
            assign(sums[lane], total);
        }
    }
}

// Picks the instance of a function for the rate and the way of merging.
#define MERGED(FUNCTION, ...)                                                                     \
    const long rate = sizes.channels / sizes.narrow;                                              \
    if (rate == 1) return FUNCTION<T, false, 1>(__VA_ARGS__, sizes, first, last);                 \
    if (rate == 2 && sizes.maximum) return FUNCTION<T, true, 2>(__VA_ARGS__, sizes, first, last); \
    if (rate == 2) return FUNCTION<T, false, 2>(__VA_ARGS__, sizes, first, last);                 \
    if (sizes.maximum) return FUNCTION<T, true, 0>(__VA_ARGS__, sizes, first, last);              \
    FUNCTION<T, false, 0>(__VA_ARGS__, sizes, first, last);

template <typename T>
void upsample(const T* y, const T* decoder, T* result, const Sizes& sizes, long first, long last) {
    MERGED(upsample_merged, y, decoder, result)
}

template <typename T>
void upsample_backward(const T* grad, const T* y, const T* decoder, T* grad_y, T* grad_decoder,
                       const Sizes& sizes, long first, long last) {
    MERGED(upsample_merged_backward, grad, y, decoder, grad_y, grad_decoder)
}

}  // namespace

#define SIZES *reinterpret_cast<const Sizes*>(sizes), first, last
#define EXPORT(T, NAME)                                                                                     \
    extern "C" void pool_##NAME(const T* x, const float* table, T* pooled, T* full, T* decoder,             \
                                const long* sizes, long first, long last) {                                 \
        pool(x, table, pooled, full, decoder, SIZES);                                                       \
    }                                                                                                       \
    extern "C" void pool_backward_##NAME(const T* grad, const T* grad_full, const T* grad_decoder,          \
                                         const T* x, const T* decoder, const float* table, T* grad_x,       \
                                         double* sums, const long* sizes, long first, long last) {          \
        pool_backward(grad, grad_full, grad_decoder, x, decoder, table, grad_x, sums, SIZES);               \
    }                                                                                                       \
    extern "C" void moments_##NAME(const T* x, double* sums, const long* sizes, long first, long last) {    \
        moments(x, sums, SIZES);                                                                            \
    }                                                                                                       \
    extern "C" void moments_backward_##NAME(const T* x, const float* table, T* grad_x, const long* sizes,   \
                                            long first, long last) {                                        \
        moments_backward(x, table, grad_x, SIZES);                                                          \
    }                                                                                                       \
    extern "C" void upsample_##NAME(const T* y, const T* decoder, T* result, const long* sizes, long first, \
                                    long last) {                                                            \
        upsample(y, decoder, result, SIZES);                                                                \
    }                                                                                                       \
    extern "C" void upsample_backward_##NAME(const T* grad, const T* y, const T* decoder, T* grad_y,        \
                                             T* grad_decoder, const long* sizes, long first, long last) {   \
        upsample_backward(grad, y, decoder, grad_y, grad_decoder, SIZES);                                   \
    }

EXPORT(float, float32)
EXPORT(bfloat16, bfloat16)
