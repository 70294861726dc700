using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>Finds the network that holds the most, which is the one that gives way when there is no room.</summary>
internal static class Crowd
{
    /// <summary>
    /// The items of the network that holds the most: the widest network first, then within it the next narrower. Of two that hold as
    /// much, the one whose first item comes first. Items that lie in no network count as one.
    /// </summary>
    /// <param name="items">At least one.</param>
    /// <param name="networksOf">The networks of an item, narrow to wide.</param>
    internal static IReadOnlyList<T> Largest<T>(IReadOnlyList<T> items, Func<T, IReadOnlyList<IPNetwork>> networksOf)
    {
        for (var width = 1; ; width++)
        {
            var largest = items.GroupBy(item => At(networksOf(item), width)).MaxBy(group => group.Count())!;
            items = [.. largest];
            if (largest.Key is null)
            {
                return items;
            }
        }
    }

    private static IPNetwork? At(IReadOnlyList<IPNetwork> networks, int width) => networks.Count >= width ? networks[^width] : null;
}
