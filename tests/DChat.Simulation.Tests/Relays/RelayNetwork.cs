using DChat.Core.Envelopes;

namespace DChat.Simulation.Tests.Relays;

/// <summary>Several relays on one network, authors who publish to them, and all that can go wrong, from one simulator.</summary>
internal sealed class RelayNetwork
{
    private const int Relays = 5;
    private const int Authors = 3;

    private readonly Simulator _simulator;
    private readonly List<SimulatedRelay> _relays = [];
    private readonly List<SimulatedAuthor> _authors = [];
    private bool _isTroubled;

    public RelayNetwork(Simulator simulator)
    {
        _simulator = simulator;
        Network = new SimulatedNetwork(simulator) { MaxDelay = TimeSpan.FromMilliseconds(100) };
        Promises = new GossipPromises(simulator, Network, _relays);
        for (var i = 0; i < Relays; i++)
        {
            _relays.Add(new SimulatedRelay($"relay-{i}", simulator, Network));
            _relays[i].Start(Promises);
        }

        // A ring and a link across it: some hear of a message only from a relay that forwards it.
        for (var i = 0; i < Relays; i++)
        {
            Network.Link(_relays[i].Name, _relays[(i + 1) % Relays].Name);
        }

        Network.Link(_relays[0].Name, _relays[2].Name);
        _authors.AddRange(Enumerable.Range(0, Authors).Select(i => new SimulatedAuthor(simulator, _relays, $"topic-{i}")));
    }

    public SimulatedNetwork Network { get; }

    public GossipPromises Promises { get; }

    public IReadOnlyList<SimulatedRelay> All => _relays;

    public IReadOnlyList<SimulatedAuthor> Writers => _authors;

    /// <summary>What authors know to be accepted and some relay does not hold: what only sync can bring.</summary>
    public int Missing => _authors.SelectMany(author => author.Acknowledged).Sum(id => _relays.Count(relay => !relay.Record.Has(id)));

    /// <summary>Authors write while messages and answers are lost, the network parts, and relays lose power, fail and fill.</summary>
    public void RunTroubled(TimeSpan duration)
    {
        _isTroubled = true;
        Network.Loss = _simulator.Random.Next(3) * 0.1;
        Network.Duplication = 0.1;
        _authors.ForEach(author =>
        {
            author.Loss = 0.2;
            Write(author);
        });
        Trouble();
        _simulator.Run(duration);
    }

    /// <summary>Every fault ends, every relay starts, meshes form again, and authors get the answers that they wait for.</summary>
    public void Calm(TimeSpan duration)
    {
        _isTroubled = false;
        Network.Loss = Network.Duplication = 0;
        Network.Heal();
        _authors.ForEach(author => author.Loss = 0);
        _relays.ForEach(relay => relay.SetFull(false));
        _relays.ForEach(relay => relay.Start(Promises));
        _simulator.Run(duration);
    }

    /// <summary>Every author writes once.</summary>
    public IReadOnlyList<MessageId> WriteOnce() =>
        [.. _authors.SelectMany(author => author.Publish(2).Envelopes).Select(envelope => MessageId.Compute(envelope.Span))];

    private void Write(SimulatedAuthor author)
    {
        if (_isTroubled)
        {
            author.Publish(1 + _simulator.Random.Next(3));
            _simulator.After(_simulator.Draw(TimeSpan.FromMilliseconds(600)), () => Write(author));
        }
    }

    private void Trouble()
    {
        if (!_isTroubled)
        {
            return;
        }

        Break(_relays[_simulator.Random.Next(_relays.Count)]);
        _simulator.After(_simulator.Draw(TimeSpan.FromSeconds(2)), Trouble);
    }

    private void Break(SimulatedRelay relay)
    {
        switch (_simulator.Random.Next(8))
        {
            case 0 or 1 or 2:
                relay.LosePower();
                break;
            case 3:
                relay.Kill();
                break;
            case 4:
                relay.Stop();
                break;
            case 5:
                relay.FailSync();
                break;
            case 6 when relay.IsUp:
                relay.SetFull(true);
                Later(() => relay.SetFull(false));
                break;
            default:
                Network.Partition(_relays.Where(_ => _simulator.Random.Next(2) == 0).Select(each => each.Name));
                _simulator.Note("the network parts");
                Later(Network.Heal);
                break;
        }

        // Whoever is down comes back, and sometimes the disk fails while it recovers.
        Later(() => _relays.ForEach(each => each.Start(Promises, _simulator.Random.Next(3) == 0 ? 1 + _simulator.Random.Next(8) : 0)));
    }

    private void Later(Action work) => _simulator.After(_simulator.Draw(TimeSpan.FromSeconds(4)), work);
}
