package telemetry

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// maxDecoded bounds in bytes what a response's chunk may grow to.
const maxDecoded = 64 << 20

// compressor makes and reads what travels in a response. It is safe for
// concurrent use.
type compressor struct {
	out     *zstd.Encoder
	in      *zstd.Decoder
	buffers sync.Pool // of *[]byte, empty
}

// buffer is one to append to; give takes it back, whatever it grew to.
func (c *compressor) buffer() *[]byte {
	if b, ok := c.buffers.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

func (c *compressor) give(b *[]byte) {
	*b = (*b)[:0]
	c.buffers.Put(b)
}

func newCompressor() (*compressor, error) {
	out, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(chunkBytes))
	if err != nil {
		return nil, fmt.Errorf("compressor: %w", err)
	}
	in, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return nil, fmt.Errorf("compressor: %w", err)
	}
	return &compressor{out: out, in: in}, nil
}

func (c *compressor) pack(data []byte) []byte { return c.out.EncodeAll(data, nil) }

func (c *compressor) unpack(data []byte) ([]byte, error) { return c.in.DecodeAll(data, nil) }

// frame appends an encoded ResourceSpans message with encoded spans to b.
func frame(b []byte, r *resourcepb.Resource, version string, spans []byte) ([]byte, error) {
	scope := &tracepb.ScopeSpans{Scope: scopeOf(version)}
	scope.ProtoReflect().SetUnknown(spans)
	data, err := proto.MarshalOptions{}.MarshalAppend(b, &tracepb.ResourceSpans{Resource: r, ScopeSpans: []*tracepb.ScopeSpans{scope}})
	if err != nil {
		return nil, fmt.Errorf("encode spans: %w", err)
	}
	return data, nil
}

func scopeOf(version string) *commonpb.InstrumentationScope {
	return &commonpb.InstrumentationScope{Name: scopeName, Version: version}
}
