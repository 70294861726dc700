using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Session;

namespace DChat.Tls.Tests.ClientPort;

/// <summary>
/// The transport of a hostile client: Orleans' own in everything but the headers of messages, where another sender, or another
/// target, takes the place of the true one.
/// </summary>
internal sealed class ForgedSender(IDuplexPipe inner, SerializerSessionPool sessions) : PipeWriter, IDuplexPipe
{
    // PackedHeaders and the correlation id of Message come before the sender.
    private const int BeforeSender = sizeof(uint) + sizeof(long);
    private const int FrameLengths = 2 * sizeof(int);

    private readonly ArrayBufferWriter<byte> _held = new();
    private bool _isPreambleSent;

    /// <summary>Who is to have sent the messages; null for the truth.</summary>
    public GrainId? Sender { get; set; }

    public PipeReader Input => inner.Input;

    public PipeWriter Output => this;

    /// <summary>A message's header as Orleans writes it, as far as the target.</summary>
    public static byte[] Header(uint flags, GrainId sender, GrainId target, SerializerSessionPool sessions)
    {
        using var session = sessions.GetSession();
        var output = new ArrayBufferWriter<byte>();
        var writer = Writer.Create(output, session);
        writer.WriteUInt32(flags);
        writer.WriteInt64(1);
        foreach (var id in new[] { sender, target })
        {
            IdSpanCodec.WriteRaw(ref writer, IdSpan.Create(id.Type.ToString()!));
            IdSpanCodec.WriteRaw(ref writer, id.Key);
        }

        writer.Commit();
        return output.WrittenSpan.ToArray();
    }

    public override void Advance(int bytes) => _held.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _held.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _held.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.Output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Output.Complete(exception);

    // Orleans flushes whole messages only.
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var held = _held.WrittenSpan.ToArray().AsSpan();
        _held.ResetWrittenCount();
        if (!_isPreambleSent)
        {
            var length = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(held);
            inner.Output.Write(held[..length]);
            held = held[length..];
            _isPreambleSent = true;
        }

        while (!held.IsEmpty)
        {
            var header = BinaryPrimitives.ReadInt32LittleEndian(held);
            var body = BinaryPrimitives.ReadInt32LittleEndian(held[sizeof(int)..]);
            Write(held.Slice(FrameLengths, header), held.Slice(FrameLengths + header, body));
            held = held[(FrameLengths + header + body)..];
        }

        return inner.Output.FlushAsync(cancellationToken);
    }

    private void Write(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        var forged = Sender is { } sender ? Forge(header, sender) : header.ToArray();
        Span<byte> lengths = stackalloc byte[FrameLengths];
        BinaryPrimitives.WriteInt32LittleEndian(lengths, forged.Length);
        BinaryPrimitives.WriteInt32LittleEndian(lengths[sizeof(int)..], body.Length);
        inner.Output.Write(lengths);
        inner.Output.Write(forged);
        inner.Output.Write(body);
    }

    private byte[] Forge(ReadOnlySpan<byte> header, GrainId sender)
    {
        using var session = sessions.GetSession();
        var reader = Reader.Create(header[BeforeSender..], session);
        IdSpanCodec.ReadRaw(ref reader);
        IdSpanCodec.ReadRaw(ref reader);
        var afterSender = BeforeSender + (int)reader.Position;
        var output = new ArrayBufferWriter<byte>();
        output.Write(header[..BeforeSender]);
        var writer = Writer.Create(output, session);
        IdSpanCodec.WriteRaw(ref writer, IdSpan.Create(sender.Type.ToString()!));
        IdSpanCodec.WriteRaw(ref writer, sender.Key);
        writer.Commit();
        output.Write(header[afterSender..]);
        return output.WrittenSpan.ToArray();
    }
}
