using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Testing.Messages;

namespace DChat.Testing.Gateways;

/// <summary>
/// Devices that push one message after the other, and go to another gateway when theirs leaves: what it had not answered they push there.
/// </summary>
/// <param name="gateways">Where the gateways are; a device begins at the one with its own number.</param>
public sealed class RoamingPeers(IReadOnlyList<Multiaddr> gateways) : IAsyncDisposable
{
    private static readonly TimeSpan PauseBetweenGateways = TimeSpan.FromMilliseconds(20);

    private readonly List<Libp2pHost> _hosts = [];
    private readonly ConcurrentDictionary<MessageId, (Topic Topic, AcceptedEnvelope Accepted)> _accepted = new();
    private readonly List<Task> _devices = [];
    private readonly Lock _gate = new();
    private readonly ConcurrentBag<string> _refusals = [];
    private readonly List<Topic> _topics = [];
    private readonly Dictionary<Topic, int> _missing = [];
    private TaskCompletionSource _everybody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _longestWait;
    private int _moves;
    private volatile bool _stopping;

    /// <summary>What was accepted, each message once.</summary>
    public IReadOnlyDictionary<MessageId, (Topic Topic, AcceptedEnvelope Accepted)> Accepted => _accepted;

    /// <summary>The codes with which messages were refused, for the moment or for good.</summary>
    public IReadOnlyCollection<string> Refusals => _refusals;

    /// <summary>How often a device went to another gateway.</summary>
    public int Moves => Volatile.Read(ref _moves);

    /// <summary>The longest that a message has waited for its acceptance since this was asked last, moves included.</summary>
    public TimeSpan TakeLongestWait()
    {
        lock (_gate)
        {
            var longest = _longestWait;
            _longestWait = TimeSpan.Zero;
            return longest;
        }
    }

    /// <summary>Starts a device for each topic.</summary>
    public void Start(IEnumerable<Topic> topics, CancellationToken cancellationToken)
    {
        _topics.AddRange(topics);
        _hosts.AddRange(_topics.Select(_ => new Libp2pHost(new Libp2pOptions())));
        _devices.AddRange(_topics.Select((topic, number) => Task.Run(() => PushAsync(_hosts[number], new Author(topic), number, cancellationToken), cancellationToken)));
    }

    /// <summary>Completes when so many more messages of each device have been accepted.</summary>
    public async Task UntilEachHasAcceptedAsync(int messages, TimeSpan patience, CancellationToken cancellationToken)
    {
        Task everybody;
        lock (_gate)
        {
            _everybody = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            everybody = _everybody.Task;
            foreach (var topic in _topics)
            {
                _missing[topic] = messages;
            }
        }

        await (await Task.WhenAny([everybody, .. _devices]).WaitAsync(patience, cancellationToken));
    }

    /// <summary>Stops, once everything pushed has been accepted.</summary>
    public async Task StopAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        _stopping = true;
        await Task.WhenAll(_devices).WaitAsync(patience, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    private async Task PushAsync(Libp2pHost host, Author author, int gateway, CancellationToken cancellationToken)
    {
        PushPeer? peer = null;
        for (var number = 0; !_stopping; number++)
        {
            var envelope = author.SealOne(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
            var started = Stopwatch.GetTimestamp();
            while (true)
            {
                try
                {
                    peer ??= await PushPeer.OpenAsync(
                        host, await host.ConnectAsync(gateways[gateway % gateways.Count], cancellationToken), TimeProvider.System, cancellationToken);
                    var answers = await peer.PushAsync([envelope], 1, cancellationToken);
                    if (answers.Accepted.TryGetValue(0, out var accepted))
                    {
                        Note(MessageId.Compute(envelope), author.Topic, accepted, Stopwatch.GetElapsedTime(started));
                        break;
                    }

                    _refusals.Add(answers.Rejected[0].Code);
                    await Task.Delay(TimeSpan.FromMilliseconds(answers.Rejected[0].RetryAfterMs), TimeProvider.System, cancellationToken);
                }
                catch (Exception e) when (e is Libp2pException or IOException)
                {
                    await (peer?.DisposeAsync() ?? ValueTask.CompletedTask);
                    peer = null;
                    gateway++;
                    Interlocked.Increment(ref _moves);
                    await Task.Delay(PauseBetweenGateways, TimeProvider.System, cancellationToken);
                }
            }
        }

        await (peer?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private void Note(MessageId id, Topic topic, AcceptedEnvelope accepted, TimeSpan waited)
    {
        if (!_accepted.TryAdd(id, (topic, accepted)))
        {
            throw new InvalidOperationException($"{id} was accepted twice.");
        }

        lock (_gate)
        {
            _longestWait = waited > _longestWait ? waited : _longestWait;
            if (_missing.TryGetValue(topic, out var missing) && (_missing[topic] = missing - 1) == 0 && _missing.Remove(topic) && _missing.Count == 0)
            {
                _everybody.TrySetResult();
            }
        }
    }
}
