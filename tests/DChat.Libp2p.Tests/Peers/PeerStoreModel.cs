using DChat.Libp2p.Peers;

namespace DChat.Libp2p.Tests.Peers;

/// <summary>What <see cref="PeerStore"/> should do, by sorting everything at every step.</summary>
internal sealed class PeerStoreModel(int vouched, int connected, int good, int heardOf)
{
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly Dictionary<PeerTier, int> _capacities = new()
    {
        [PeerTier.Vouched] = vouched,
        [PeerTier.Connected] = connected,
        [PeerTier.Good] = good,
        [PeerTier.HeardOf] = heardOf,
    };

    private int _step;

    public PeerTier? TierOf(int peer) => _entries.TryGetValue(peer, out var entry) ? entry.Tier : null;

    public bool IsConnected(int peer) => _entries.TryGetValue(peer, out var entry) && entry.Connections > 0;

    public bool Remove(int peer) => _entries.Remove(peer);

    public void Touch(int peer, Action<Entry>? change = null)
    {
        var entry = _entries.TryGetValue(peer, out var known) ? known : _entries[peer] = new Entry();
        change?.Invoke(entry);
        entry.Tier = entry.Best(below: PeerTier.Vouched + 1);
        entry.TouchedAt = _step++;
        foreach (var tier in Enum.GetValues<PeerTier>().OrderDescending())
        {
            var members = _entries.Where(e => e.Value.Tier == tier).OrderByDescending(e => e.Value.TouchedAt).ToArray();
            foreach (var (id, fallen) in members.Skip(_capacities[tier]))
            {
                fallen.Vouched &= tier != PeerTier.Vouched;
                fallen.Good &= tier != PeerTier.Good;
                fallen.TouchedAt = _step++;
                fallen.Tier = fallen.Best(below: tier);
                if (tier == PeerTier.HeardOf)
                {
                    _entries.Remove(id);
                }
            }
        }
    }

    internal sealed class Entry
    {
        private DateTimeOffset _since;

        public PeerTier Tier { get; set; }

        public int TouchedAt { get; set; }

        public bool Vouched { get; set; }

        public bool Good { get; set; }

        public int Connections { get; private set; }

        public void Connect(DateTimeOffset now) => _since = Connections++ == 0 ? now : _since;

        public void Disconnect(DateTimeOffset now)
        {
            Good |= now - _since >= new PeerStoreLimits().GoodAfter;
            Connections--;
        }

        public PeerTier Best(PeerTier below) =>
            new[] { (PeerTier.Vouched, Vouched), (PeerTier.Connected, Connections > 0), (PeerTier.Good, Good) }
                .Where(t => t.Item1 < below && t.Item2).Select(t => t.Item1).FirstOrDefault(PeerTier.HeardOf);
    }
}
