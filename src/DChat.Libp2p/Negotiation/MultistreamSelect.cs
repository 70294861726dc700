using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Negotiation;

/// <summary>
/// Agrees on a protocol over a fresh byte stream: multistream-select 1.0.0 (connections/README.md, "multistream-select").
/// Every message is <c>uvarint length ‖ text ‖ 0a</c>.
/// </summary>
/// <remarks>Bytes after the last message stay in the pipe: peers pipeline the protocol's first bytes behind it.</remarks>
internal static class MultistreamSelect
{
    /// <summary>The longest message that is accepted, in bytes, as in js and go.</summary>
    internal const int MaxMessageLength = 1024;

    /// <summary>The most proposals a listener answers before it gives up.</summary>
    internal const int MaxProposals = 64;

    private const string Header = "/multistream/1.0.0";
    private const string NotAvailable = "na";
    private const string List = "ls";

    /// <summary>Proposes protocols in turn until the listener takes one.</summary>
    /// <returns>The protocol taken.</returns>
    /// <exception cref="Libp2pException">
    /// The listener takes none (<see cref="Libp2pErrorCodes.NotSupported"/>), does not speak multistream-select
    /// (<see cref="Libp2pErrorCodes.Malformed"/>), or leaves before it answers (<see cref="Libp2pErrorCodes.ConnectionClosed"/>,
    /// transient: it may be full).
    /// </exception>
    internal static async ValueTask<string> SelectAsync(IDuplexPipe pipe, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pipe);
        ArgumentNullException.ThrowIfNull(protocols);
        ArgumentOutOfRangeException.ThrowIfZero(protocols.Count);
        Propose(pipe.Output, protocols[0]);
        for (var i = 0; ; i++)
        {
            await FlushAsync(pipe.Output, cancellationToken).ConfigureAwait(false);
            var taken = i == 0
                ? await ReadFirstAnswerAsync(pipe.Input, protocols[i], cancellationToken).ConfigureAwait(false)
                : await ReadAnswerAsync(pipe.Input, protocols[i], cancellationToken).ConfigureAwait(false);
            if (taken)
            {
                return protocols[i];
            }

            if (i == protocols.Count - 1)
            {
                throw new Libp2pException(Libp2pErrorCodes.NotSupported, $"The peer speaks none of {string.Join(", ", protocols)}.");
            }

            Write(pipe.Output, protocols[i + 1]);
        }
    }

    /// <summary>Answers proposals until one is supported.</summary>
    /// <param name="pipe">The stream.</param>
    /// <param name="isSupported">Whether a protocol is.</param>
    /// <param name="listing">What to answer to <c>ls</c>.</param>
    /// <param name="cancellationToken">Ends the negotiation.</param>
    /// <returns>The protocol agreed on; null when the dialer went away without one.</returns>
    /// <exception cref="Libp2pException">
    /// The dialer does not speak multistream-select, or made more than <see cref="MaxProposals"/> proposals.
    /// </exception>
    internal static async ValueTask<string?> ListenAsync(
        IDuplexPipe pipe, Func<string, bool> isSupported, Func<IEnumerable<string>> listing, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pipe);
        ArgumentNullException.ThrowIfNull(isSupported);
        ArgumentNullException.ThrowIfNull(listing);
        if (await ReadAsync(pipe.Input, Header, cancellationToken).ConfigureAwait(false) is not { } header)
        {
            return null;
        }

        ExpectHeader(header);
        Write(pipe.Output, Header);
        for (var i = 0; i < MaxProposals; i++)
        {
            if (!TryRead(pipe.Input, out var proposal))
            {
                // The answers so far leave in one write, and before waiting: the dialer may be waiting for them.
                await FlushAsync(pipe.Output, cancellationToken).ConfigureAwait(false);
                proposal = await ReadAsync(pipe.Input, expected: null, cancellationToken).ConfigureAwait(false);
                if (proposal is null)
                {
                    return null;
                }
            }

            if (proposal == List)
            {
                WriteListing(pipe.Output, listing());
                continue;
            }

            var supported = isSupported(proposal!);
            Write(pipe.Output, supported ? proposal! : NotAvailable);
            if (supported)
            {
                await FlushAsync(pipe.Output, cancellationToken).ConfigureAwait(false);
                return proposal;
            }
        }

        throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"The peer made more than {MaxProposals} proposals.");
    }

    /// <summary>Writes header and proposal, unflushed: the first half of a lazy negotiation.</summary>
    internal static void Propose(PipeWriter output, string protocol)
    {
        Write(output, Header);
        Write(output, protocol);
    }

    /// <summary>Reads header and answer: the second half of a lazy negotiation. True when the proposal was taken.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal static async ValueTask<bool> ReadFirstAnswerAsync(PipeReader input, string proposal, CancellationToken cancellationToken)
    {
        ExpectHeader(await ReadAsync(input, Header, cancellationToken).ConfigureAwait(false) ?? throw Ended());
        return await ReadAnswerAsync(input, proposal, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<bool> ReadAnswerAsync(PipeReader input, string proposal, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(input, proposal, cancellationToken).ConfigureAwait(false) ?? throw Ended();
        return answer == proposal
            || (answer == NotAvailable ? false : throw new Libp2pException(Libp2pErrorCodes.Malformed, "The peer answered with another protocol."));
    }

    private static void ExpectHeader(string message)
    {
        if (message != Header)
        {
            throw new Libp2pException(Libp2pErrorCodes.Malformed, "The peer does not speak multistream-select 1.0.0.");
        }
    }

    private static Libp2pException Ended() => new(Libp2pErrorCodes.ConnectionClosed, "The peer left before it agreed on a protocol.", isTransient: true);

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken) =>
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<string?> ReadAsync(PipeReader input, string? expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (TryParse(input, result.Buffer, expected, out var text))
            {
                return text;
            }

            if (result.IsCompleted)
            {
                return result.Buffer.IsEmpty ? null : throw Ended();
            }
        }
    }

    private static bool TryRead(PipeReader input, out string? text)
    {
        text = null;
        return input.TryRead(out var result) && TryParse(input, result.Buffer, expected: null, out text);
    }

    private static bool TryParse(PipeReader input, ReadOnlySequence<byte> buffer, string? expected, out string? text)
    {
        text = null;
        if (!LengthPrefixed.TryRead(ref buffer, MaxMessageLength, out var message))
        {
            input.AdvanceTo(buffer.Start, buffer.End);
            return false;
        }

        text = Text(message, expected);
        input.AdvanceTo(buffer.Start);
        if (ReferenceEquals(text, expected))
        {
            return true;
        }

        text = text.EndsWith('\n') ? text[..^1] : throw new Libp2pException(Libp2pErrorCodes.Malformed, "A message does not end in a line feed.");
        return true;
    }

    /// <summary>A message with its line feed; <paramref name="expected"/> itself, without, when it is that.</summary>
    private static string Text(in ReadOnlySequence<byte> message, string? expected)
    {
        var first = message.FirstSpan;
        return expected is not null && message.IsSingleSegment && first is [.., (byte)'\n'] && Ascii.Equals(first[..^1], expected)
            ? expected
            : Encoding.UTF8.GetString(message);
    }

    private static void Write(PipeWriter output, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text) + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxMessageLength, nameof(text));
        output.Advance(Uvarint.Write(output.GetSpan(Uvarint.MaxLength), (ulong)length));
        var span = output.GetSpan(length);
        Encoding.UTF8.GetBytes(text, span);
        span[length - 1] = (byte)'\n';
        output.Advance(length);
    }

    /// <summary>One message that holds the listing as messages, then a line feed.</summary>
    private static void WriteListing(PipeWriter output, IEnumerable<string> protocols)
    {
        var inner = new ArrayBufferWriter<byte>();
        foreach (var protocol in protocols)
        {
            LengthPrefixed.Write(inner, Encoding.UTF8.GetBytes(protocol + "\n"));
        }

        inner.Write("\n"u8);
        LengthPrefixed.Write(output, inner.WrittenSpan);
    }
}
