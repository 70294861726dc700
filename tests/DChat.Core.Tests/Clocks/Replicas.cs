using CsCheck;
using DChat.Core.Keys;

namespace DChat.Core.Tests.Clocks;

/// <summary>Random histories of some devices that write and now and then show each other their copies: partitions are the times when they do not.</summary>
internal static class Replicas
{
    public const int Count = 5;

    /// <summary>What happens, step by step: a write by a device (<c>To</c> is the value), or a copy shown by one device to another.</summary>
    public static readonly Gen<Step[]> History =
        Gen.Select(Gen.Bool, Gen.Int[0, Count - 1], Gen.Int[0, Count - 1], Gen.Int[0, 3], (isWrite, from, to, name) => new Step(isWrite, from, to, name))
            .Array[0, 40];

    public static readonly Gen<int[]> Deliveries = Gen.Int[0, Count - 1].Array[Count, 4 * Count];

    public static DeviceKey Device(int number) => new(new Bytes32(Given.Bytes(Bytes32.Length, (byte)(number + 1))));

    /// <summary>Plays a history.</summary>
    /// <returns>The copy of each device.</returns>
    public static T[] Play<T>(Step[] history, T empty, Func<T, Step, int, T> write, Func<T, T, T> merge)
    {
        var copies = Enumerable.Repeat(empty, Count).ToArray();
        for (var at = 0; at < history.Length; at++)
        {
            var step = history[at];
            copies[step.IsWrite ? step.From : step.To] = step.IsWrite
                ? write(copies[step.From], step, at)
                : merge(copies[step.To], copies[step.From]);
        }

        return copies;
    }

    /// <summary>Merges copies in some order, some of them more than once, and in the end all that were left out.</summary>
    public static T MergeAll<T>(T[] copies, int[] order, T empty, Func<T, T, T> merge) =>
        order.Concat(Enumerable.Range(0, copies.Length)).Aggregate(empty, (merged, number) => merge(merged, copies[number]));

    public sealed record Step(bool IsWrite, int From, int To, int Name);
}
