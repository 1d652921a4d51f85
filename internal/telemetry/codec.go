package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Sizes in bytes before compression. A chunk is closed as soon as it has ChunkBytes of encoded
// spans. The driver accepts chunks up to MaxChunk, and metrics up to MaxMetrics.
const (
	ChunkBytes = 256 << 10
	MaxChunk   = 4 * ChunkBytes
	MaxMetrics = 32 << 20
)

// ErrSize means that compressed data, or a point in it, can't be from our function.
var ErrSize = errors.New("the size is missing, too large or wrong")

// Compressor compresses and decompresses the telemetry in a response. It is safe for concurrent
// use.
type Compressor struct {
	out     *zstd.Encoder
	chunks  *zstd.Decoder // up to MaxChunk
	metrics *zstd.Decoder // up to MaxMetrics
	buffers sync.Pool     // of *[]byte, empty
}

// Buffer returns an empty buffer to append to. Give returns it to the pool.
func (c *Compressor) Buffer() *[]byte {
	if b, ok := c.buffers.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

// Give returns a buffer of Buffer for reuse.
func (c *Compressor) Give(b *[]byte) {
	*b = (*b)[:0]
	c.buffers.Put(b)
}

// NewCompressor returns a Compressor.
func NewCompressor() (*Compressor, error) {
	out, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(ChunkBytes),
		zstd.WithSingleSegment(true), // so that the smallest frames have their size too
		// Entropy coding makes a chunk of ten spans a tenth smaller, and a full chunk no smaller.
		// It would take 20 to 40 % of the time.
		zstd.WithNoEntropyCompression(true))
	if err != nil {
		return nil, fmt.Errorf("compressor: %w", err)
	}
	c := &Compressor{out: out}
	for to, limit := range map[**zstd.Decoder]uint64{&c.chunks: MaxChunk, &c.metrics: MaxMetrics} {
		if *to, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(limit)); err != nil {
			return nil, fmt.Errorf("compressor: %w", err)
		}
	}
	return c, nil
}

// Pack returns data, compressed. It compresses into a buffer first, because EncodeAll would
// allocate the size of data.
func (c *Compressor) Pack(data []byte) []byte {
	b := c.Buffer()
	defer c.Give(b)
	*b = c.out.EncodeAll(data, *b)
	return bytes.Clone(*b)
}

// SizeOf returns the size that compressed data claims to have after decompression; more than
// limit is an error. It reads only the header, because memory is allocated by this size.
func SizeOf(data []byte, limit int) (int, error) {
	var h zstd.Header
	if err := h.Decode(data); err != nil {
		return 0, fmt.Errorf("unpack: %w", err)
	}
	if h.Skippable || !h.HasFCS || h.FrameContentSize > uint64(limit) {
		return 0, ErrSize
	}
	return int(h.FrameContentSize), nil
}

// Unpack decompresses data, which must grow to the size that SizeOf returned. A small size gets
// the decoder with the small memory limit.
func (c *Compressor) Unpack(data []byte, size int) ([]byte, error) {
	decoder := c.metrics
	if size <= MaxChunk {
		decoder = c.chunks
	}
	out, err := decoder.DecodeAll(data, nil)
	if err == nil && len(out) != size { // more than one frame
		err = ErrSize
	}
	return out, err
}

// Frame appends an encoded ResourceSpans message to b. spans are encoded ScopeSpans.spans.
func Frame(b []byte, r *resourcepb.Resource, version string, spans []byte) ([]byte, error) {
	scope := &tracepb.ScopeSpans{Scope: ScopeOf(version)}
	scope.ProtoReflect().SetUnknown(spans)
	data, err := proto.MarshalOptions{}.MarshalAppend(b, &tracepb.ResourceSpans{Resource: r, ScopeSpans: []*tracepb.ScopeSpans{scope}})
	if err != nil {
		return nil, fmt.Errorf("encode spans: %w", err)
	}
	return data, nil
}

// ScopeOf returns the instrumentation scope of all spans and points.
func ScopeOf(version string) *commonpb.InstrumentationScope {
	return &commonpb.InstrumentationScope{Name: ScopeName, Version: version}
}
