using System.Runtime.CompilerServices;

namespace DChat.Client.Tests.Fakes;

internal static class AsyncEnumerables
{
    /// <summary>Begins to enumerate, then runs an action, then goes on: what the action causes must arrive.</summary>
    public static async IAsyncEnumerable<T> WithFirstBefore<T>(
        this IAsyncEnumerable<T> source, Func<Task> action, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var items = source.GetAsyncEnumerator(cancellationToken);
        var first = items.MoveNextAsync();
        await action();
        for (var more = await first; more; more = await items.MoveNextAsync())
        {
            yield return items.Current;
        }
    }
}
