using System.IO.Pipelines;
using DChat.Libp2p;
using DChat.Libp2p.Multiformats;
using Google.Protobuf;

namespace DChat.Gateway;

/// <summary>Writes protobuf messages with their length before them.</summary>
internal static class FrameWriter
{
    /// <summary>Writes a message without flushing.</summary>
    public static void Write(PipeWriter output, IMessage message)
    {
        var length = message.CalculateSize();
        output.Advance(Uvarint.Write(output.GetSpan(Uvarint.MaxLength), (ulong)length));
        message.WriteTo(output.GetSpan(length)[..length]);
        output.Advance(length);
    }

    /// <summary>Flushes, but does not wait for a peer for ever.</summary>
    /// <exception cref="Libp2pException">The peer did not take it in time (<see cref="Libp2pErrorCodes.TimedOut"/>).</exception>
    public static async ValueTask FlushAsync(PipeWriter output, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var flush = output.FlushAsync(cancellationToken);
        if (flush.IsCompleted)
        {
            await flush.ConfigureAwait(false);
        }
        else
        {
            await PeerPatience.WaitAsync(flush.AsTask(), limit, "take a reply", time, cancellationToken).ConfigureAwait(false);
        }
    }
}
