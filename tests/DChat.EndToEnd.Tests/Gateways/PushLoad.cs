using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using DChat.Core.Envelopes;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Swarm;
using DChat.Testing.Gateways;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways;

/// <summary>
/// Peers that push to a gateway without pause, and push again what was refused for the moment when they are told to: a peer
/// that does not wait keeps the processor from the core that is to come back. Every acceptance is verified down to the
/// relay's key as it comes.
/// </summary>
internal sealed class PushLoad : IAsyncDisposable
{
    private const int PerPush = 64;
    private const int PerRequest = 8;

    private readonly Libp2pHost _host = new(new Libp2pOptions());
    private readonly ConcurrentDictionary<MessageId, AcceptedEnvelope> _accepted = new();
    private readonly ConcurrentBag<RelayId> _relays = [];
    private readonly List<Task> _peers = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _goal = int.MaxValue;
    private int _refusals;
    private volatile bool _stopping;

    /// <summary>What the relay has promised to keep.</summary>
    public IReadOnlyDictionary<MessageId, AcceptedEnvelope> Accepted => _accepted;

    /// <summary>Who has promised.</summary>
    public IReadOnlyCollection<RelayId> Relays => [.. _relays.Distinct()];

    /// <summary>Answers that were passing faults.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    /// <summary>Starts a peer for each topic.</summary>
    public async Task StartAsync(Multiaddr gateway, IEnumerable<Topic> topics, CancellationToken cancellationToken)
    {
        var connection = await _host.ConnectAsync(gateway, cancellationToken);
        foreach (var topic in topics)
        {
            _peers.Add(Task.Run(() => PushAsync(connection, new Testing.Messages.Author(topic), cancellationToken), cancellationToken));
        }
    }

    /// <summary>Completes when so many more messages have been accepted.</summary>
    public async Task WaitForMoreAsync(int count, CancellationToken cancellationToken)
    {
        Task reached;
        lock (_gate)
        {
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _goal = _accepted.Count + count;
            reached = _reached.Task;
        }

        await (await Task.WhenAny([reached, .. _peers]).WaitAsync(ChildProcess.Patience, cancellationToken));
    }

    /// <summary>Stops, once everything pushed has been accepted.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        await Task.WhenAll(_peers).WaitAsync(ChildProcess.Patience, cancellationToken);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task PushAsync(PeerConnection connection, Testing.Messages.Author author, CancellationToken cancellationToken)
    {
        await using var peer = await PushPeer.OpenAsync(_host, connection, TimeProvider.System, cancellationToken);
        for (var round = 0; !_stopping; round++)
        {
            ReadOnlyMemory<byte>[] pending = [.. Enumerable.Range(0, PerPush).Select(i =>
                (ReadOnlyMemory<byte>)author.SealOne(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{round}/{i}"))))];
            while (pending.Length > 0)
            {
                var answers = await peer.PushAsync(pending, PerRequest, cancellationToken);
                Note(pending, answers);
                pending = [.. answers.Rejected.Keys.Select(place => pending[place])];
                if (pending.Length > 0)
                {
                    var retryAfter = TimeSpan.FromMilliseconds(answers.Rejected.Values.Max(rejected => rejected.RetryAfterMs));
                    await Task.Delay(retryAfter, TimeProvider.System, cancellationToken);
                }
            }
        }
    }

    private void Note(ReadOnlyMemory<byte>[] pushed, PushAnswers answers)
    {
        foreach (var rejected in answers.Rejected.Values)
        {
            Assert.True(rejected.IsTransient, $"{rejected.Number} was refused for good: {rejected.Code}.");
            Interlocked.Increment(ref _refusals);
        }

        foreach (var acceptance in answers.Acceptances)
        {
            Assert.Equal(StatementFault.None, Signed<GatewayAcceptance>.TryVerify(acceptance, acceptance.Network, out var signed));
            _relays.Add(signed!.Statement.Relay);
        }

        foreach (var (place, accepted) in answers.Accepted)
        {
            Assert.True(_accepted.TryAdd(MessageId.Compute(pushed[place].Span), accepted));
        }

        lock (_gate)
        {
            if (_accepted.Count >= _goal)
            {
                _reached.TrySetResult();
            }
        }
    }
}
