using System.Buffers;
using System.IO.Pipelines;
using Orleans.Serialization.Session;

namespace DChat.Tls.ClientPort;

/// <summary>What comes from a client, handed on frame by frame once <see cref="ClientMessages"/> has nothing against it.</summary>
/// <param name="inner">Where it comes from.</param>
/// <param name="sessions">To read with.</param>
/// <param name="refuse">Told of the fault that ends the connection.</param>
internal sealed class ClientInput(PipeReader inner, SerializerSessionPool sessions, Action<string> refuse) : PipeReader
{
    /// <summary>The longest introduction of a client, in bytes; Orleans takes no longer one.</summary>
    public const int MaxPreambleBytes = 1024;

    private ReadOnlySequence<byte> _buffer;

    // Where the next frame that is not judged begins; it may lie beyond what has come.
    private long _next;
    private bool _isIntroduced;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        Judge(result.Buffer);
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        Judge(result.Buffer);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _next -= _buffer.Slice(0, consumed).Length;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private void Judge(ReadOnlySequence<byte> buffer)
    {
        _buffer = buffer;
        string? fault;
        try
        {
            fault = FindFault(buffer);
        }
        catch (Exception) when (!_isIntroduced)
        {
            // The introduction is read by Orleans' code, which throws whatever it comes upon.
            fault = "its introduction is malformed";
        }

        if (fault is not null)
        {
            refuse(fault);
            throw new InvalidDataException($"Refused: {fault}.");
        }
    }

    private string? FindFault(ReadOnlySequence<byte> buffer)
    {
        string? fault = null;
        while (fault is null && (_isIntroduced ? TryJudgeMessage(buffer, out fault) : TryJudgePreamble(buffer, out fault)))
        {
        }

        return fault;
    }

    // The length, then the introduction.
    private bool TryJudgePreamble(ReadOnlySequence<byte> buffer, out string? fault)
    {
        fault = null;
        if (!TryReadInt32(buffer, 0, out var length))
        {
            return false;
        }

        if (length is <= 0 or > MaxPreambleBytes)
        {
            fault = "its introduction is malformed";
            return true;
        }

        if (buffer.Length < sizeof(int) + length)
        {
            return false;
        }

        using var session = sessions.GetSession();
        fault = ClientMessages.FaultOfPreamble(buffer.Slice(sizeof(int), length), session);
        _isIntroduced = true;
        _next = sizeof(int) + length;
        return true;
    }

    // The lengths of header and body, then both. Orleans holds them to its limits, and takes no message before it is whole.
    private bool TryJudgeMessage(ReadOnlySequence<byte> buffer, out string? fault)
    {
        fault = null;
        if (!TryReadInt32(buffer, _next, out var header) || !TryReadInt32(buffer, _next + sizeof(int), out var body))
        {
            return false;
        }

        if (header <= 0 || body < 0)
        {
            fault = "its message is malformed";
            return true;
        }

        var begin = _next + (2 * sizeof(int));
        if (buffer.Length < begin + header)
        {
            return false;
        }

        fault = ClientMessages.FaultOfHeader(buffer.Slice(begin, header));
        _next = begin + header + body;
        return true;
    }

    private static bool TryReadInt32(ReadOnlySequence<byte> buffer, long offset, out int value)
    {
        value = 0;
        if (buffer.Length < offset + sizeof(int))
        {
            return false;
        }

        var reader = new SequenceReader<byte>(buffer.Slice(offset));
        return reader.TryReadLittleEndian(out value);
    }
}
