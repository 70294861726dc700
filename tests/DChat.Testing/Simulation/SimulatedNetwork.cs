namespace DChat.Testing.Simulation;

/// <summary>
/// Links between named nodes. A link delivers in order, after a drawn delay; it may lose and repeat what is sent as lossy.
/// It is up while both nodes are and no partition parts them; what was under way when it goes down never arrives.
/// </summary>
public sealed class SimulatedNetwork(Simulator simulator)
{
    private readonly Dictionary<string, ISimulatedNode> _nodes = [];
    private readonly Dictionary<(string From, string To), Connection> _byEnds = [];
    private readonly List<Connection> _links = [];
    private HashSet<string> _side = [];

    /// <summary>The longest delay of a link; it draws one for each thing sent.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The share of lossy things that never arrive, 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>The share of lossy things that arrive twice, 0 to 1.</summary>
    public double Duplication { get; set; }

    /// <summary>The node of a name that is up.</summary>
    public ISimulatedNode this[string name] => _nodes[name];

    /// <summary>A node has come up, for the first time or again.</summary>
    public void Up(ISimulatedNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _nodes.Add(node.Name, node);
        Refresh();
    }

    /// <summary>A node has gone down; it is not told of its links.</summary>
    public void Down(string name)
    {
        _nodes.Remove(name);
        Refresh();
    }

    /// <summary>From now on one node keeps a link to another, whenever that is possible. A second link of the two changes nothing.</summary>
    public void Link(string dialer, string listener)
    {
        if (dialer != listener && !_byEnds.ContainsKey((dialer, listener)))
        {
            var link = new Connection(dialer, listener);
            _byEnds[(dialer, listener)] = _byEnds[(listener, dialer)] = link;
            _links.Add(link);
            Refresh();
        }
    }

    /// <summary>Parts these nodes from all others; replaces the partition before.</summary>
    public void Partition(IEnumerable<string> side)
    {
        _side = [.. side];
        Refresh();
    }

    /// <summary>Ends the partition.</summary>
    public void Heal() => Partition([]);

    /// <summary>Since when the link is up; null while it is down.</summary>
    public TimeSpan? UpSince(string from, string to) => _byEnds.GetValueOrDefault((from, to))?.UpSince;

    /// <summary>Sends something.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="isLossy">Whether it may be lost or arrive twice although the link is up, as with a full queue.</param>
    /// <param name="arrive">Runs when it arrives.</param>
    /// <returns>Whether it is on its way; it arrives unless the link goes down before.</returns>
    public bool Send(string from, string to, bool isLossy, Action arrive)
    {
        ArgumentNullException.ThrowIfNull(arrive);
        if (_byEnds.GetValueOrDefault((from, to)) is not { UpSince: not null } link || (isLossy && simulator.Random.NextDouble() < Loss))
        {
            return false;
        }

        Carry(link, from, arrive);
        if (isLossy && simulator.Random.NextDouble() < Duplication)
        {
            Carry(link, from, arrive);
        }

        return true;
    }

    private void Carry(Connection link, string from, Action arrive)
    {
        ref var last = ref link.LastArrival(from);
        var at = simulator.Now + simulator.Draw(MaxDelay);
        last = at < last ? last : at;
        var term = link.Term;
        simulator.After(last - simulator.Now, () =>
        {
            if (link.Term == term)
            {
                arrive();
            }
        });
    }

    private void Refresh()
    {
        foreach (var link in _links)
        {
            var isUp = _nodes.ContainsKey(link.Dialer) && _nodes.ContainsKey(link.Listener) && _side.Contains(link.Dialer) == _side.Contains(link.Listener);
            if (isUp == link.UpSince is not null)
            {
                continue;
            }

            link.Term++;
            link.UpSince = isUp ? simulator.Now : null;
            if (isUp)
            {
                _nodes[link.Dialer].OnConnected(link.Listener, isDialed: true);
                _nodes[link.Listener].OnConnected(link.Dialer, isDialed: false);
            }
            else
            {
                _nodes.GetValueOrDefault(link.Dialer)?.OnDisconnected(link.Listener);
                _nodes.GetValueOrDefault(link.Listener)?.OnDisconnected(link.Dialer);
            }
        }
    }

    private sealed class Connection(string dialer, string listener)
    {
        private TimeSpan _lastAtListener;
        private TimeSpan _lastAtDialer;

        public string Dialer => dialer;

        public string Listener => listener;

        /// <summary>How often it has gone up or down.</summary>
        public int Term { get; set; }

        public TimeSpan? UpSince { get; set; }

        public ref TimeSpan LastArrival(string from) => ref from == dialer ? ref _lastAtListener : ref _lastAtDialer;
    }
}
