using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Abi.Tests;

/// <summary>Everything in DaxEmu.Abi that mirrors a C header: constants, sizes, offsets.</summary>
public static class AbiEntries
{
    public static IEnumerable<AbiEntry> All() =>
        typeof(CHeaderAttribute).Assembly.GetTypes().SelectMany(t => t.IsValueType ? OfStruct(t) : OfConstants(t));

    private static IEnumerable<AbiEntry> OfConstants(Type type)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral))
        {
            string header = HeaderOf(type) ?? throw new InvalidOperationException($"{type.Name}.{field.Name} names no C header");
            string name = field.GetCustomAttribute<CNameAttribute>()?.Name ?? field.Name;
            yield return new AbiEntry(header, name, name, Bits(field.GetRawConstantValue()!), SinceOf(field) ?? SinceOf(type));
        }
    }

    private static IEnumerable<AbiEntry> OfStruct(Type type)
    {
        if (HeaderOf(type) is not { } header)
        {
            yield break;
        }

        string cType = type.GetCustomAttribute<CNameAttribute>()?.Name ?? "struct " + type.Name;
        string? since = SinceOf(type);
        yield return new AbiEntry(header, $"sizeof({cType})", $"sizeof({cType})", (ulong)SizeOf(type), since);
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            string path = field.GetCustomAttribute<CNameAttribute>()?.Name ?? field.Name;
            ulong offset = (ulong)Marshal.OffsetOf(type, field.Name);
            string? fieldSince = SinceOf(field) ?? since;
            yield return new AbiEntry(header, $"offsetof({cType}, {path})", $"offsetof({cType}, {path})", offset, fieldSince);

            // A flexible array member has an offset but no size; its C# stand-in is not a field, so every field here has one.
            string size = $"sizeof((({cType} *)0)->{path})";
            yield return new AbiEntry(header, size, size, (ulong)SizeOf(field.FieldType), fieldSince);
        }
    }

    private static string? HeaderOf(Type type) => type.GetCustomAttribute<CHeaderAttribute>()?.Header;

    private static string? SinceOf(MemberInfo member) => member.GetCustomAttribute<SinceAttribute>()?.Release;

    private static ulong Bits(object constant) =>
        constant is ulong bits ? bits : unchecked((ulong)Convert.ToInt64(constant, CultureInfo.InvariantCulture));

    // Marshal.SizeOf would give the marshalled size (a bool is 4 bytes); these structs are shared as they lie in memory.
    private static int SizeOf(Type type) => type.IsPointer ? IntPtr.Size : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
