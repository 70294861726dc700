using DChat.Core.Envelopes;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Wire;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using Google.Protobuf;

namespace DChat.Testing.Gateways;

/// <summary>A device's end of <c>/dchat/push/1</c>, written from <c>push.proto</c>; verifies what it is told.</summary>
public sealed class PushPeer : IAsyncDisposable
{
    private const int MaxReplyBytes = 64 * 1024;

    private readonly Dictionary<ulong, MessageId> _sent = [];
    private readonly DateTimeOffset _now;
    private ulong _next;

    private PushPeer(Libp2pStream stream, PushWelcome welcome, DateTimeOffset now)
    {
        Stream = stream;
        Welcome = welcome;
        _now = now;
    }

    public Libp2pStream Stream { get; }

    public PushWelcome Welcome { get; }

    /// <summary>Whether replies are verified; a benchmark of gateways does not count what devices do.</summary>
    public bool IsVerifying { get; private init; }

    /// <summary>Opens a stream and takes the welcome.</summary>
    public static async Task<PushPeer> OpenAsync(
        Libp2pHost host, PeerConnection gateway, TimeProvider time, CancellationToken cancellationToken, bool isVerifying = true)
    {
        var stream = await host.NewStreamAsync(gateway, ["/dchat/push/1"], cancellationToken);
        var frame = await LengthPrefixed.ReadAsync(stream.Input, MaxReplyBytes, cancellationToken)
            ?? throw new EndOfStreamException("The stream ended before the welcome.");
        return new PushPeer(stream, PushWelcome.Parser.ParseFrom(frame), time.GetUtcNow()) { IsVerifying = isVerifying };
    }

    /// <summary>Sends one request.</summary>
    public async Task SendAsync(IEnumerable<ReadOnlyMemory<byte>> envelopes, CancellationToken cancellationToken)
    {
        var request = new PushRequest();
        foreach (var envelope in envelopes)
        {
            if (IsVerifying)
            {
                lock (_sent)
                {
                    _sent.Add(_next, MessageId.Compute(envelope.Span));
                }
            }

            _next++;
            request.Envelopes.Add(UnsafeByteOperations.UnsafeWrap(envelope));
        }

        LengthPrefixed.Write(Stream.Output, request.ToByteArray());
        await Stream.Output.FlushAsync(cancellationToken);
    }

    /// <summary>The next reply, its acceptance verified down to the relay's key; null when the gateway has ended the stream.</summary>
    public async Task<PushReply?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await LengthPrefixed.ReadAsync(Stream.Input, MaxReplyBytes, cancellationToken) is not { } frame)
        {
            return null;
        }

        var reply = PushReply.Parser.ParseFrom(frame);
        if (IsVerifying && reply.Acceptance is not null)
        {
            Verify(reply);
        }

        return reply;
    }

    /// <summary>Sends messages in requests of <paramref name="perRequest"/> while it reads replies; returns when each is answered.</summary>
    public async Task<PushAnswers> PushAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes, int perRequest, CancellationToken cancellationToken)
    {
        var answers = new PushAnswers(_next);
        var sending = Task.Run(
            async () =>
            {
                foreach (var request in envelopes.Chunk(perRequest))
                {
                    await SendAsync(request, cancellationToken);
                }
            },
            cancellationToken);
        while (answers.Count < envelopes.Count)
        {
            answers.Add(await ReadAsync(cancellationToken)
                ?? throw new EndOfStreamException($"The stream ended after {answers.Count} of {envelopes.Count} answers."));
        }

        await sending;
        return answers;
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    private void Verify(PushReply reply)
    {
        var delegation = Verified<GatewayDelegation>(Welcome.Delegation);
        var acceptance = Verified<GatewayAcceptance>(reply.Acceptance);
        MessageId[] messages;
        lock (_sent)
        {
            messages = [.. reply.Accepted.Select(accepted => _sent[accepted.Number])];
        }

        Require(delegation.HoldsAt(_now), "the delegation holds");
        Require(delegation.Gateway.ToArray().AsSpan().SequenceEqual(Stream.Connection.RemoteKey.Data.Span), "the delegation is for the peer spoken with");
        Require(acceptance.Gateway == delegation.Gateway && acceptance.Relay == delegation.Relay, "the acceptance is of the delegated gateway");
        Require(acceptance.Count == messages.Length, "it counts the messages");
        Require(acceptance.Root == GatewayAcceptance.RootOf(messages), "its root is that of the messages");
        Require(acceptance.IncludeByEpoch == GatewayAcceptance.IncludeBy(acceptance.AcceptedAt), "it names the epoch");
    }

    private T Verified<T>(SignedStatement message)
        where T : class, IStatement<T>
    {
        var fault = Signed<T>.TryVerify(message, Welcome.Network, out var signed);
        Require(fault == StatementFault.None, $"the {typeof(T).Name} verifies, it is {fault}");
        return signed!.Statement;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"It is not so that {what}.");
        }
    }
}
